"""Which mail addresses belong to a desk rather than to a person."""

from __future__ import annotations

import re

from reminder.roster.words import vocabulary

_DESKS = vocabulary(
    """
    abuse accounting accountant accounts accountspayable accountsreceivable admin administration administrator
    admins admissions alerts all allstaff appointment appointments authorizations authorisations billing billings
    billingmanager biller billers bookkeeping callcenter careers claims clinic clinical coders collections
    compliance contact contactus contracting contracts credentialing credentials customercare customerservice
    customersupport department dept doctors donotreply email employees enquiries enquiry enroll enrollment
    enrolment everybody everyone fax faxes feedback finance frontdesk frontoffice general group hello help
    helpdesk hostmaster hr humanresources info information inquiries inquiry insurance intake invoices invoicing
    itdept itsupport jobs legal mail mailbox mailerdaemon management manager managers marketing medicalrecords
    medrecords news newsletter noreply notifications notify nurse nurses nursing office officemanager offices
    operations orders patients patientservices payables payment payments payroll personnel pharmacy phone
    physicians portal postmaster practice practicemanager privacy provider providerenrollment providers
    purchasing reception receptionist receptionists recordrequest records referral referrals registration
    remittance reply reports root sales schedule scheduler schedulers scheduling secretary security service
    services staff support supplies surgery sysadmin team teams techsupport unsubscribe users voicemail webmaster
    """
)
_TAIL = vocabulary(
    """
    address box center centre contact department dept desk email group inbox mail mailbox office staff team us
    """
)
"""What may follow a desk's name without making it a person: billing-team, office.mail."""
_WORD = re.compile(r"[^._\-\d]+")


def is_group_mailbox(local: str) -> bool:
    """Tell whether the part before the `@` names a desk (billing, front.desk, info2, billing-team+pecos)."""
    bare = local.casefold().partition("+")[0]
    if bare.replace(".", "").replace("-", "").replace("_", "") in _DESKS:
        return True
    first = _WORD.search(bare)
    if not first or first[0] not in _DESKS:
        return False
    return all(word in _TAIL for word in _WORD.findall(bare)[1:])
