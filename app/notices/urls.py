"""Addresses of this room's pages."""

from django.urls import path

from app.notices.views import AddressView, ChangeView, ChoiceView

urlpatterns = [
    path("notices/<str:token>/", ChoiceView.as_view(), name="notice_choice"),
    path("addresses/<str:token>/", AddressView.as_view(), name="address"),
    path("addresses/<int:change_id>/<str:secret>/", ChangeView.as_view(), name="address_change"),
]
