"""Where the sockets are, and whose."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import env, run_directory


class TestTheRunDirectory:
    def test_is_short_however_deep_the_data_lie(self) -> None:
        deep = Path("/", *["a long name"] * 40)
        assert len(str(run_directory.run_dir(deep) / "pg" / ".s.PGSQL.5432.lock")) < 107

    def test_differs_between_data_folders(self) -> None:
        assert run_directory.run_dir(Path("/one")) != run_directory.run_dir(Path("/two"))

    def test_is_refused_when_it_leads_elsewhere(self, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(run_directory.NotOurs, match="belongs to another user"):
            run_directory.claim(tmp_path / "link")

    def test_is_closed_to_others(self, tmp_path: Path) -> None:
        (tmp_path / "open").mkdir(mode=0o755)
        assert run_directory.claim(tmp_path / "open").stat().st_mode & 0o777 == 0o700


@pytest.mark.covers("D10")
class TestTheEnvironment:
    def test_unset_means_everything_bundled(self) -> None:
        values = env.read({})
        assert (values.bundled_database, values.bundled_broker, values.bundled_cache, values.bundled_mail) == (True,) * 4

    def test_given_means_not_bundled(self) -> None:
        given = {
            "DATABASE_URL": "postgres://h/d",
            "CELERY_BROKER_URL": "redis://h",
            "REDIS_URL": "redis://h",
            "EMAIL_URL": "smtp://h",
        }
        values = env.read(given)
        assert (values.bundled_database, values.bundled_broker, values.bundled_cache, values.bundled_mail) == (False,) * 4
