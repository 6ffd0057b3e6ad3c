"""What a reader may narrow a search to."""

from __future__ import annotations

import pytest
from django import forms
from django.http import QueryDict
from django.test.html import parse_html

from app.accounts.models import User
from app.web.plain_select import PlainSelect
from app.web.search_form import SearchForm

CHOICES = [("", "All authors"), ("anna", "Anna & <b>"), ('o"x', "Otto")]


class TestTheList:
    @pytest.mark.parametrize("value", [None, "", "anna", 'o"x'])
    def test_is_drawn_as_django_draws_it(self, value: str | None) -> None:
        attrs = {"id": "id_author", "aria-invalid": "true", "disabled": False, "required": True}
        plain, slow = (
            parse_html(kind({"class": "wide"}, choices=CHOICES).render("author", value, attrs))
            for kind in (PlainSelect, forms.Select)
        )
        assert plain == slow


class TestTheFilters:
    def test_are_looked_up_once(self, author: User, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
        form = SearchForm(QueryDict(f"author={author.username}"))
        with django_assert_num_queries(1):
            assert form.is_valid()
            assert form.filters.lexemes == form.filters.lexemes
