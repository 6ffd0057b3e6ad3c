"""URLs of sign-in, sign-up and one's own account."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from app.members import data_export, email_pages, first_account, password_pages, second_step, settings_pages, sign_in, sign_up

urlpatterns = [
    path("login/", sign_in.SignIn.as_view(), name="login"),
    path("login/code/", second_step.second_step, name="second_step"),
    path("login/code/passkey/", second_step.passkey_step, name="second_step_passkey"),
    path("login/passkey/", second_step.passkey_sign_in, name="passkey_sign_in"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("welcome/<str:token>/", first_account.first_account, name="first_account"),
    path("join/", sign_up.sign_up, name="join"),
    path("password/", password_pages.forgotten, name="password_reset"),
    path("password/<str:uidb64>/<str:token>/", password_pages.Reset.as_view(), name="password_reset_confirm"),
    path("account/", settings_pages.settings, name="account"),
    path("account/language", settings_pages.language, name="account_language"),
    path("account/address", email_pages.EmailChangeRequest.as_view(), name="account_address"),
    path("account/address/confirmation", email_pages.resend_confirmation, name="account_confirmation"),
    path("account/password", password_pages.Change.as_view(), name="account_password"),
    path("account/export", data_export.export, name="account_export"),
    path("account/deletion", settings_pages.deletion, name="account_deletion"),
    path("addresses/<str:token>/", email_pages.EmailConfirmationPage.as_view(), name="address"),
    path("addresses/<int:change_id>/<str:secret>/", email_pages.EmailChangePage.as_view(), name="address_change"),
]
