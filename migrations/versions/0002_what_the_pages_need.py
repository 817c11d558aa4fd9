"""What the pages need: lists read by date from one index, skipped steps, second factors, sessions one can tell apart."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

PRESENT = sa.text("left_at is null")
VISITING = sa.text("left_at is null and not is_home")
IN_FORCE = sa.text("cleared_at is null")
FAILED = sa.text("state = 'failed'")
NOTICE = sa.text("kind = 'notice'")
REFUSED = sa.text("email_refused_at is not null")


def upgrade() -> None:
    """Go to this revision."""
    with op.batch_alter_table('membership') as batch_op:
        batch_op.add_column(sa.Column('expires_on', sa.Date()))
        batch_op.add_column(sa.Column('is_home', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(
        "update membership set expires_on = (select p.expires_on from person p where p.id = membership.person_id), "
        "is_home = (select coalesce(p.home_id = membership.practice_id, false) from person p where p.id = membership.person_id)"
    )
    with op.batch_alter_table('membership') as batch_op:
        batch_op.alter_column('is_home', server_default=None, existing_type=sa.Boolean(), existing_nullable=False)
    op.create_index('ix_membership_listed', 'membership', ['practice_id', 'expires_on', 'person_id', 'role', 'left_at'],
                    sqlite_where=PRESENT, postgresql_where=PRESENT)
    op.create_index('ix_membership_visiting', 'membership', ['practice_id'],
                    sqlite_where=VISITING, postgresql_where=VISITING)
    op.create_index('ix_absence_in_force', 'absence', ['to_on'], sqlite_where=IN_FORCE, postgresql_where=IN_FORCE)
    op.create_index('ix_person_refused', 'person', ['id'], sqlite_where=REFUSED, postgresql_where=REFUSED)
    op.create_index('ix_reminder_failed', 'reminder', ['practice_id', 'failed_at'],
                    sqlite_where=FAILED, postgresql_where=FAILED)
    op.create_index('ix_reminder_notice', 'reminder', ['practice_id', 'planned_at'],
                    sqlite_where=NOTICE, postgresql_where=NOTICE)
    op.drop_index('ix_event_practice_id', 'event')
    op.create_index('ix_event_practice_id_id', 'event', ['practice_id', 'id'])
    op.create_table(
        'skipped_step',
        sa.Column('person_id', sa.Integer(), sa.ForeignKey('person.id', name='fk_skipped_step_person_id'), nullable=False),
        sa.Column('cycle_on', sa.Date(), nullable=False),
        sa.Column('step', sa.Integer(), nullable=False),
        sa.Column('skipped_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('skipped_by', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('person_id', 'cycle_on', 'step', name='pk_skipped_step'),
    )
    with op.batch_alter_table('admin') as batch_op:
        batch_op.add_column(sa.Column('signed_in_at', sa.DateTime(timezone=True)))
        batch_op.add_column(sa.Column('totp_key', sa.Text()))
        batch_op.add_column(sa.Column('totp_used', sa.Integer()))
    op.create_table(
        'recovery_code',
        sa.Column('code_hash', sa.Text(), nullable=False),
        sa.Column('admin_id', sa.Integer(), sa.ForeignKey('admin.id', name='fk_recovery_code_admin_id'), nullable=False),
        sa.PrimaryKeyConstraint('code_hash', name='pk_recovery_code'),
    )
    op.create_index('ix_recovery_code_admin_id', 'recovery_code', ['admin_id'])
    op.execute("delete from session")  # whoever was signed in signs in again: it is not known when they last proved who they are
    with op.batch_alter_table('session') as batch_op:
        batch_op.add_column(sa.Column('browser', sa.Text()))
        batch_op.add_column(sa.Column('needs_code', sa.Boolean(), nullable=False))
        batch_op.add_column(sa.Column('proved_at', sa.DateTime(timezone=True), nullable=False))


def downgrade() -> None:
    """Go back to the revision before."""
    with op.batch_alter_table('session') as batch_op:
        batch_op.drop_column('proved_at')
        batch_op.drop_column('needs_code')
        batch_op.drop_column('browser')
    op.drop_table('recovery_code')
    with op.batch_alter_table('admin') as batch_op:
        batch_op.drop_column('totp_used')
        batch_op.drop_column('totp_key')
        batch_op.drop_column('signed_in_at')
    op.drop_table('skipped_step')
    op.drop_index('ix_event_practice_id_id', 'event')
    op.create_index('ix_event_practice_id', 'event', ['practice_id'])
    op.drop_index('ix_reminder_notice', 'reminder')
    op.drop_index('ix_reminder_failed', 'reminder')
    op.drop_index('ix_person_refused', 'person')
    op.drop_index('ix_absence_in_force', 'absence')
    op.drop_index('ix_membership_visiting', 'membership')
    op.drop_index('ix_membership_listed', 'membership')
    with op.batch_alter_table('membership') as batch_op:
        batch_op.drop_column('is_home')
        batch_op.drop_column('expires_on')
