"""Shops and the apps that speak for them."""

import hashlib
import sqlite3

from sandbox.world import Refused, World


def _derived(kind: str, seller_nick: str) -> str:
    """Credentials of a shop that was created without any: the same for the same name, so scripts may guess them."""
    return hashlib.sha256(f"{kind}:{seller_nick}".encode()).hexdigest()[:32]


def save(
    world: World,
    seller_nick: str,
    flavour: str,
    app_key: str | None = None,
    app_secret: str | None = None,
    session: str | None = None,
) -> sqlite3.Row:
    """Creates the shop or, for a known seller_nick, changes only what is given; several shops may share one app."""
    with world.store.transaction():
        known = world.store.row("SELECT * FROM shop WHERE seller_nick = ?", seller_nick)
        app_key = app_key or (known["app_key"] if known else str(int(_derived("app", seller_nick)[:7], 16)))
        session = session or (known["session"] if known else _derived("session", seller_nick))
        _save_app(world, app_key, app_secret, _derived("secret", seller_nick))
        _refuse_taken_session(world, seller_nick, session)
        world.store.execute(
            "INSERT INTO shop (seller_nick, user_id, flavour, app_key, session) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (seller_nick) DO UPDATE SET flavour = excluded.flavour, "
            "app_key = excluded.app_key, session = excluded.session",
            seller_nick,
            2_200_000_000_000 + world.store.next_number("user"),
            flavour,
            app_key,
            session,
        )
    return get(world, seller_nick)


def _save_app(world: World, app_key: str, app_secret: str | None, made_up: str) -> None:
    known = world.store.row("SELECT app_secret FROM app WHERE app_key = ?", app_key)
    if known and app_secret is None:
        return
    shared = world.store.number("SELECT count(*) FROM shop WHERE app_key = ?", app_key) > 1
    if known and shared and known["app_secret"] != app_secret:
        raise Refused("app_secret_differs", f"App {app_key} serves several shops: give its present app_secret.")
    world.store.execute(
        "INSERT INTO app VALUES (?, ?) ON CONFLICT (app_key) DO UPDATE SET app_secret = excluded.app_secret",
        app_key,
        app_secret or made_up,
    )


def _refuse_taken_session(world: World, seller_nick: str, session: str) -> None:
    owner = world.store.row("SELECT seller_nick FROM shop WHERE session = ?", session)
    if owner is not None and owner["seller_nick"] != seller_nick:
        raise Refused("session_taken", f"That session belongs to shop {owner['seller_nick']!r}: choose another.")


def get(world: World, seller_nick: str) -> sqlite3.Row:
    return world.found(
        "shop", "SELECT shop.*, app_secret FROM shop JOIN app USING (app_key) WHERE seller_nick = ?", seller_nick
    )


def every(world: World) -> list[sqlite3.Row]:
    return world.store.rows("SELECT shop.*, app_secret FROM shop JOIN app USING (app_key) ORDER BY user_id")
