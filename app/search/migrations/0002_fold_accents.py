"""Write the documents of the index again without accents, as the search now asks for words."""

from django.db import migrations

# A copy of what app/search/folding.py and app/search/index.py said on the day: a migration does not follow the code.
FOLD = (
    "normalize(regexp_replace(normalize(translate(replace(replace(replace(replace(replace(replace(replace({}, "
    "'ß', 'ss'), 'ẞ', 'SS'), 'æ', 'ae'), 'Æ', 'AE'), 'œ', 'oe'), 'Œ', 'OE'), 'þ', 'th'), "
    "'øØłŁđĐðÐħĦıŧŦ', 'oOlLdDdDhHitT'), NFKD), '[\\u0300-\\u036f]', '', 'g'), NFKC)"
)
TITLE, ABOUT, BODY = FOLD.format("document.title"), FOLD.format("left(words.about, 20000)"), FOLD.format("document.body")
FOLD_ALL = f"""
UPDATE search_document document SET vector =
    setweight(to_tsvector('english', {TITLE}) || to_tsvector('simple', {TITLE}), 'A')
    || setweight(to_tsvector('english', {ABOUT}), 'B') || setweight(to_tsvector('english', {BODY}), 'D')
FROM (
    SELECT post.id, concat_ws(' ', post.excerpt, category.name, (
        SELECT string_agg(tag.name, ' ' ORDER BY tag.id) FROM blog_tag tag
        JOIN blog_post_tags filed ON filed.tag_id = tag.id WHERE filed.post_id = post.id
    )) AS about
    FROM blog_post post LEFT JOIN blog_category category ON category.id = post.category_id
) AS words
WHERE words.id = document.post_id AND concat(document.title, words.about, document.body) ~ '[^\\x01-\\x7f]'
"""


class Migration(migrations.Migration):

    dependencies = [
        ('blog', '0002_redirect'),
        ('search', '0001_initial'),
    ]

    operations = [migrations.RunSQL(FOLD_ALL, migrations.RunSQL.noop)]
