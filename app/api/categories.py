"""Categories by slug, as clients send them."""

from django.utils.translation import gettext as _

from app.api.errors import Invalid
from app.blog.models import Category


def category_named(slug: str | None) -> Category | None:
    """Return the category. Raises Invalid for one that does not exist: categories are made by editors."""
    if slug is None:
        return None
    category = Category.objects.filter(slug=slug).first()
    if category is None:
        raise Invalid({"category": [_("Unknown category “%(slug)s”.") % {"slug": slug}]})
    return category
