"""`{% page "home" %}`: the path of a page that another room serves."""

from __future__ import annotations

from django import template

from app.site.pages import Page

register = template.Library()


@register.simple_tag
def page(name: str, *args: object) -> str:
    """Return the path of the page by this name. Raises NoReverseMatch."""
    return Page(name).url(*args)
