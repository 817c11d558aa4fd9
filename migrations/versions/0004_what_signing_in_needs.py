"""What signing in needs: tries counted for all processes, links that confirm an address, sessions that a link opened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        'throttle',
        sa.Column('key', sa.Text(), nullable=False),
        sa.Column('free_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('key', name='pk_throttle'),
    )
    op.create_index('ix_throttle_free_at', 'throttle', ['free_at'])
    with op.batch_alter_table('sign_in_link') as batch_op:
        batch_op.add_column(sa.Column('new_email', sa.Text()))
    with op.batch_alter_table('session') as batch_op:
        batch_op.add_column(sa.Column('linked_at', sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Go back to the revision before."""
    with op.batch_alter_table('session') as batch_op:
        batch_op.drop_column('linked_at')
    op.execute("delete from sign_in_link where new_email is not null")  # before, every link signed somebody in
    with op.batch_alter_table('sign_in_link') as batch_op:
        batch_op.drop_column('new_email')
    op.drop_table('throttle')
