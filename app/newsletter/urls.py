"""Addresses of this room's pages."""

from django.urls import path

from app.newsletter.views import SubscribeView, SubscriptionView

urlpatterns = [
    path("subscribe/", SubscribeView.as_view(), name="subscribe"),
    path("subscriptions/<slug:token>/", SubscriptionView.as_view(), name="subscription"),
]
