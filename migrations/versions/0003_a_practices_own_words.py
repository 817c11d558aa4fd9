"""A practice's own words in the mails to its people: greeting, sign-off, whom to call, one paragraph."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

COLUMNS = ('greeting', 'sign_off', 'contact_line', 'paragraph')


def upgrade() -> None:
    """Go to this revision."""
    with op.batch_alter_table('practice') as batch_op:
        for name in COLUMNS:
            batch_op.add_column(sa.Column(name, sa.Text()))


def downgrade() -> None:
    """Go back to the revision before."""
    with op.batch_alter_table('practice') as batch_op:
        for name in reversed(COLUMNS):
            batch_op.drop_column(name)
