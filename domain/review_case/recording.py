"""Writing a review case's record."""

from domain.case_record import plain as plain
from domain.case_record import record as record
