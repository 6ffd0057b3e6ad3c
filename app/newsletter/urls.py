"""Addresses of this room's pages."""

from django.urls import path

from app.newsletter.provider_events import provider_events
from app.newsletter.views import SubscribeView, SubscriptionView

urlpatterns = [
    path("subscribe/", SubscribeView.as_view(), name="subscribe"),
    path("mail-events/<slug:provider>/", provider_events, name="provider_events"),
    path("subscriptions/<slug:token>/", SubscriptionView.as_view(), name="subscription"),
]
