"""A list to choose from that is long, and drawn with every keystroke."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.renderers import BaseRenderer
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

Attrs = dict[str, Any] | None


class PlainSelect(forms.Select):
    """A list without groups. Django draws each option by a template: 600 of them take most of a page's time."""

    def render(self, name: str, value: Any, attrs: Attrs = None, renderer: BaseRenderer | None = None) -> SafeString:
        given = self.build_attrs({**self.attrs, "name": name}, attrs)
        chosen = set(self.format_value(value))
        options = ((key, " selected" if str(key) in chosen else "", label) for key, label in self.choices)
        drawn = format_html_join("", '<option value="{}"{}>{}</option>', options)
        return format_html("<select{}>{}</select>", flatatt(given), drawn)
