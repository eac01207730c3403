"""What people choose for the whole installation."""

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from sublarr_tasks.models.base import Base, Created


class Preference(Base):
    """One set of choices; what `value` lacks is as it is from the beginning."""

    __tablename__ = "preferences"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]
    updated_at: Mapped[Created]
