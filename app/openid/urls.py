"""URLs of the sign-in with the provider. Without one each is a 404."""

from django.urls import path

from app.openid import pages, sign_in

urlpatterns = [
    path("login/openid/", sign_in.sign_in, name="openid_sign_in"),
    path("login/openid/callback/", sign_in.callback, name="openid_callback"),
    path("account/openid/", pages.overview, name="openid"),
    path("account/openid/link", pages.link, name="openid_link"),
    path("account/openid/<int:pk>/deletion", pages.unlink, name="openid_deletion"),
    path("account/openid/confirmation", sign_in.confirmation, name="openid_confirmation"),
]
