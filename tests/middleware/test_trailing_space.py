"""Pages end their lines without space, and what a person typed is left alone."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from app.middleware.trailing_space import no_trailing_space


def tidied(content: bytes, kind: str = "text/html; charset=utf-8") -> bytes:
    answer = no_trailing_space(lambda request: HttpResponse(content, content_type=kind))
    return bytes(answer(RequestFactory().get("/")).content)  # type: ignore[attr-defined]


class TestAPage:
    def test_ends_its_lines_without_space(self) -> None:
        assert tidied(b"<ul>  \n  <li>a b</li>\t\n    \n</ul> <p>end ") == b"<ul>\n  <li>a b</li>\n\n</ul> <p>end "

    @pytest.mark.parametrize(
        "typed",
        [
            b"<textarea name=a>  two  \n\n  words \n</textarea>",
            b'<pre class="x"><code>a = 1  \n  \n<b>b</b> \n</code></pre>',
            b"<pre>one \n</pre><pre>two \n</pre>",
        ],
    )
    def test_keeps_what_was_typed(self, typed: bytes) -> None:
        assert tidied(b"<p> \n  " + typed + b" \n</p>") == b"<p>\n  " + typed + b"\n</p>"

    def test_keeps_other_kinds_of_answers(self) -> None:
        assert tidied(b"a  \nb", "text/plain") == b"a  \nb"
