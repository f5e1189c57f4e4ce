"""Asking for a merchant on a terminal. Secrets are read without echo; a source may be left out."""

from typing import Any

import typer

_SETTINGS_HINT = "Settings keep their defaults; `profitsync users update REF --from FILE` changes them."


def ask_for_user() -> dict[str, Any]:
    """The document of a new merchant, as `users add --from` would read it."""
    answers: dict[str, Any] = {"email": _ask("E-mail of the merchant")}
    if _wants("Shopify"):
        answers["shopifyStore"] = _ask("Shop (name or name.myshopify.com)")
        if typer.confirm(
            "Is there an access token (shpat_…)? Otherwise client id and secret", default=True, err=True
        ):
            answers["shopifyAccessToken"] = _ask_secret("Access token")
        else:
            answers["shopifyClientId"] = _ask("Client id")
            answers["shopifyClientSecret"] = _ask_secret("Client secret")
    if _wants("Meta Ads"):
        answers["metaAdAccountId"] = _ask("Ad account id (act_… or digits; several with commas)")
        answers["metaAccessToken"] = _ask_secret("Access token")
        if typer.confirm("Does the app require a proof of its app secret?", default=False, err=True):
            answers["metaAppSecret"] = _ask_secret("App secret")
    if _wants("Shiprocket"):
        answers["shiprocketEmail"] = _ask("E-mail of the API user")
        answers["shiprocketPassword"] = _ask_secret("Password of the API user")
    typer.echo(_SETTINGS_HINT, err=True)
    return answers


def _wants(source: str) -> bool:
    return typer.confirm(f"Read {source}?", default=True, err=True)


def _ask(label: str) -> str:
    answer: str = typer.prompt(label, err=True)
    return answer


def _ask_secret(label: str) -> str:
    answer: str = typer.prompt(f"{label} (not shown)", hide_input=True, err=True)
    return answer
