from __future__ import annotations

import threading
from pathlib import Path

import pytest

from guanxi.base.settings import Settings, default_data

NOWHERE = Path("/nowhere/.env")


def test_what_is_in_force_without_anything(tmp_path: Path) -> None:
    settings = Settings.load({"XDG_DATA_HOME": str(tmp_path)}, NOWHERE)
    assert settings.data == tmp_path / "guanxi"
    assert settings.database_url is None
    assert settings.files == str(tmp_path / "guanxi/files")
    assert settings.secret == ""
    assert not settings.data.exists()  # reading makes nothing


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text(
        "# ours\nexport GUANXI_DATA=/a # here\nGUANXI_BASE_URL='https://crm.example.com/' \n\nGUANXI_LOG=\"Debug\"\nnonsense\n"
    )
    assert Settings.load({}, env).data == Path("/a")
    settings = Settings.load({"GUANXI_DATA": "/b"}, env)
    assert (settings.data, settings.base_url, settings.log_level) == (Path("/b"), "https://crm.example.com", "debug")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://x"),
        ("GUANXI_SECRET", "short"),
        ("GUANXI_BASE_URL", "crm.example.com"),
        ("GUANXI_LOG", "loud"),
    ],
)
def test_what_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name):
        Settings.load({name: value}, NOWHERE)


def test_misspelt_names_are_kept_for_the_doctor() -> None:
    assert Settings.load({"GUANXI_DATE": "x", "GUANXI_DATA": "/a"}, NOWHERE).unknown == ("GUANXI_DATE",)


def test_secrets_are_not_shown() -> None:
    settings = Settings.load({"GUANXI_SECRET": "s" * 40, "DATABASE_URL": "postgresql://u:hunter2@h/d"}, NOWHERE)
    assert "ssss" not in repr(settings)
    assert "hunter2" not in repr(settings)


def test_the_secret_is_made_once_and_private(tmp_path: Path) -> None:
    settings = Settings.load({"GUANXI_DATA": str(tmp_path / "new")}, NOWHERE)
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(settings.prepared().secret)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found[0]) >= 32
    assert settings.data.stat().st_mode & 0o777 == 0o700
    assert [p.name for p in settings.data.iterdir()] == ["secret"]
    assert (settings.data / "secret").stat().st_mode & 0o777 == 0o600
    assert Settings.load({"GUANXI_DATA": str(settings.data)}, NOWHERE).secret == found[0]
    given = Settings.load({"GUANXI_DATA": str(settings.data), "GUANXI_SECRET": "g" * 32}, NOWHERE).prepared()
    assert given.secret == "g" * 32


def test_root_keeps_its_data_where_a_service_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert default_data({}) == Path("/var/lib/guanxi")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert default_data({}) == Path.home() / ".local/share/guanxi"
