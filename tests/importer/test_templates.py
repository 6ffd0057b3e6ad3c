"""Template tags and the URLs in a text."""

from __future__ import annotations

import pytest

from app.importer.hugo_shortcodes import expand_hugo
from app.importer.liquid_templates import Page, expand
from app.importer.markdown_urls import Gone, rewritten
from app.importer.source import CannotRead

pytestmark = pytest.mark.covers("D13")
HOSTILE = [
    *("[a](", "![", "<a href=", "<img ", "[\\a", "`` ` ", "[[", "!![", "{:", "[caption]", "[a b=", "{{ '", "{{ a | b "),
    *("{% a ", "{% a 'x", "{% raw %}", "{% comment %}", "{{< a "),
]


class TestATag:
    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("[a]({{ site.baseurl }}/x/)", "[a](/x/)"),
            ('[a]({{ "/x/" | url }})', "[a](/x/)"),
            ('[a]({{ "//2020/x/" | url }})', "[a](/2020/x/)"),
            ("{{ page.image }}", "/p.png"),
            ('{% image "a/b.png" "A [boat]" %}', "![A \\[boat\\]](<a/b.png>)"),
            ('{% image_with_class "a.png" "wide" "Alt" %}', "![Alt](<a.png>)"),
            ('<p>\n{% image "a.png" "A & B" %}</p>', '<p>\n<img src="a.png" alt="A &amp; B"></p>'),
            ('{% include "linked-figure.html", image: "/a.png", alt: "Alt", caption: "Cap" %}', "![Alt](</a.png>)\n\n*Cap*"),
            ("{% post_url 2020-01-01-x %}", "/2020-01-01-x/"),
            ("{% highlight ruby %}\nputs\n{% endhighlight %}", "```ruby\nputs\n```"),
            ("{% comment %}{{ hidden }}{% endcomment %}a", "a"),
            ("{% raw %}{{ shown }}{% endraw %}", "{{ shown }}"),
            ('{{ "mira" | team_link }}', "Mira Olsen"),
            (
                '{{ "https://www.youtube-nocookie.com/embed/x1abc" | embed: "T" }}',
                '\n\n<iframe src="https://www.youtube-nocookie.com/embed/x1abc" title="T"></iframe>\n\n',
            ),
        ],
    )
    def test_is_expanded_where_it_is_known(self, source: str, expected: str) -> None:
        page = Page(values={"image": "/p.png"}, people={"mira": "Mira Olsen"}, posts={"2020-01-01-x": "/2020-01-01-x/"})
        assert expand(source, page) == expected
        assert page.unknown == []

    @pytest.mark.parametrize(
        ("source", "left", "named"),
        [
            ("a{% newsletter 3 %}b", "ab", "{% newsletter 3 %}"),
            ("a{{ page.nothing }}b", "ab", "{{ page.nothing }}"),
            ('a{{ "x" | shout }}b', "axb", "| shout"),
            ('a{% include "form.html" %}b', "ab", '{% include "form.html" %}'),
        ],
    )
    def test_is_taken_out_and_named_where_it_is_not(self, source: str, left: str, named: str) -> None:
        page = Page()
        assert expand(source, page) == left
        assert page.unknown == [named]

    def test_of_hugo_leaves_code_with_braces_alone(self) -> None:
        page = Page()
        assert expand_hugo("{{ .Title }} {{< youtube abcde >}} {{% note %}}", page) == (
            '{{ .Title }} \n\n<iframe src="https://www.youtube-nocookie.com/embed/abcde"></iframe>\n\n '
        )
        assert page.unknown == ["{{% note %}}"]


class TestAUrl:
    def test_is_replaced_in_markdown_and_html_and_never_in_code(self) -> None:
        text = "\n".join(
            [
                '![a](/old "t") [![b](/old)](/old) <img alt="c" src="/old"> <a class="x" href=\'/old\'>d</a>',
                "[h][e]\n\n[e]: /old",
                "`![f](/old)`",
                "```\n[g](/old)\n```",
            ]
        )
        new = rewritten(text, image=lambda url: "/new", link=lambda url: "/there")
        assert new.split("\n") == [
            '![a](/new "t") [![b](/new)](/there) <img alt="c" src="/new"> <a class="x" href="/there">d</a>',
            "[h](/there)",
            "",
            "`![f](/old)`",
            "```",
            "[g](/old)",
            "```",
        ]

    def test_that_leads_nowhere_leaves_its_words(self) -> None:
        gone = Gone()
        text = "[a *b*](/x) <a href='/x'>c</a> ![A *boat*](/x) <img src='/x' alt='D'> ![](/x) [^1]: The"
        text += " [`code`](/x) ![O\\*Net](/x)"
        new = rewritten(text, image=lambda url: gone, link=lambda url: gone)
        assert new == "a *b* c *\\[A \\*boat\\*\\]* <em>[D]</em>  [^1]: The `code` *\\[O\\*Net\\]*"

    @pytest.mark.timeout(60)
    @pytest.mark.parametrize("piece", HOSTILE)
    def test_costs_linear_time_however_hostile(self, piece: str) -> None:
        text = piece * (200_000 // len(piece))
        expand_hugo(text, Page())
        try:
            text = expand(text, Page())
        except CannotRead:
            return
        rewritten(text, image=lambda url: None, link=lambda url: None)
