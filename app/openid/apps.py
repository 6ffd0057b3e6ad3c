from django.apps import AppConfig

from app.site.pages import OPENID, OPENID_CONFIRMATION, OPENID_SIGN_IN, serve


class OpenIdConfig(AppConfig):
    name = "app.openid"
    label = "openid"

    def ready(self) -> None:
        serve(OPENID, "openid")
        serve(OPENID_SIGN_IN, "openid_sign_in")
        serve(OPENID_CONFIRMATION, "openid_confirmation")
