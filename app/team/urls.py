"""The URL that an invitation's mail links to."""

from django.urls import path

from app.team import accept_pages

urlpatterns = [
    path("invitations/<int:pk>/<str:secret>/", accept_pages.Accept.as_view(), name="invitation"),
]
