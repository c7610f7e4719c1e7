"""The measurement of receipts measures what it says: each is handed over once, though notify is killed meanwhile."""

from ims_local.govuk_notify import Bucket
from ims_local.measure import receipts
from ims_local.measure.database import on_own_server
from ims_local.progress import Steps


def test_each_is_handed_over_once_though_notify_is_killed(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("IMS_LEASE_SECONDS", "2")
    monkeypatch.setenv("IMS_ANSWER_SECONDS", "1")

    found = on_own_server(tmp_path / "stack", lambda url: receipts.measure(url, tmp_path, 60, 1, Steps(None)))

    assert (found["taken"], found["lost"], found["twice"], found["told_as_issued"]) == (60, 0, 0, 60)
    assert found["states"] == {"sent": 60}


def test_its_limit_is_that_of_govuk_notify() -> None:
    fake = receipts.GovukNotify()
    assert (fake.bucket.per_second, fake.bucket.burst) == (50, 1000)
    bucket = Bucket(1, 3)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
