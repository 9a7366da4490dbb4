"""The commands by their names."""

import typer

from cli import field_keys, logins, people, proof, shops
from cli.doctor import doctor

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # a local variable may hold a key or a buyer's data
    help="Amends from its server's shell. It reads the same AMENDS_… settings as the other programs.",
)
app.add_typer(people.people, name="people")
app.add_typer(logins.teams, name="teams")
app.add_typer(field_keys.keys, name="keys")
app.add_typer(shops.shops, name="shops")
app.add_typer(shops.policies, name="policies")
app.command()(proof.export)
app.command()(proof.verify)
app.command()(proof.replay)
app.command()(proof.heads)
app.command()(doctor)
