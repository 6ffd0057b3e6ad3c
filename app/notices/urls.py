"""URLs of this room's pages."""

from django.urls import path

from app.notices.views import PreferencePage

urlpatterns = [path("notices/<str:token>/", PreferencePage.as_view(), name="notice_choice")]
