"""URLs of one's own second factor. The second step of the sign-in is among those of members."""

from django.urls import path

from app.second_factor import app_pages, confirmation, pages, passkey_pages

urlpatterns = [
    path("account/second-factor/", pages.overview, name="second_factor"),
    path("account/second-factor/app/", app_pages.set_up, name="second_factor_app"),
    path("account/second-factor/app/deletion", app_pages.remove, name="second_factor_app_deletion"),
    path("account/second-factor/passkeys/", passkey_pages.add, name="second_factor_passkeys"),
    path("account/second-factor/passkeys/<int:pk>/deletion", passkey_pages.remove, name="second_factor_passkey_deletion"),
    path("account/second-factor/codes/", pages.codes, name="second_factor_codes"),
    path("account/password/confirmation/", confirmation.confirm_password, name="confirm_password"),
]
