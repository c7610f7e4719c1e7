"""The Helm chart: what it renders for an example council is what the services take, and may do no more than they need.

`helm` is on few machines, so that what it rendered is kept, under the hash of what it was rendered from."""

import importlib
import shutil
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml

from ims_kit import ServiceSettings, health

ROOT = Path(__file__).parents[2]
CHART, RENDERED = ROOT / "deploy" / "helm", Path(__file__).parent / "golden" / "chart.yaml"
RENDER = ["helm", "template", "ims", str(CHART), "-f", str(CHART / "example.yaml")]
SERVICES = ["ingest", "allocation", "reconcile", "notify"]
OF_POSTGRES = {"PGSSLMODE", "PGSSLROOTCERT"}
PLACEHOLDERS = {
    "IMS_DATABASE_URL": "postgresql://ims:x@postgres/ims", "IMS_PUBLISHERS": "{}", "IMS_OFFICERS": "{}", "IMS_DESTINATIONS": "{}",
}  # fmt: skip

each_service = pytest.mark.parametrize("service", SERVICES)


def digest() -> str:
    """Of all that the chart is made of, but for its page."""
    files = sorted(path for path in CHART.rglob("*") if path.is_file() and path.suffix != ".md")
    return sha256(b"\0".join(path.relative_to(CHART).as_posix().encode() + b"\0" + path.read_bytes() for path in files)).hexdigest()


def rendered() -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(RENDERED.read_text(encoding="utf-8")) if each]


def found(kind: str) -> dict[str, Any]:
    """What is rendered of a kind, by its service."""
    return {each["metadata"]["name"].removeprefix("ims-"): each for each in rendered() if each["kind"] == kind}


def containers(service: str) -> Iterator[dict[str, Any]]:
    pod = found("Deployment")[service]["spec"]["template"]["spec"]
    yield from [*pod["initContainers"], *pod["containers"]]


def settings_of(service: str) -> type[ServiceSettings]:
    settings: type[ServiceSettings] = importlib.import_module(f"ims_{service}.settings").Settings
    return settings


def secret_settings(service: str) -> set[str]:
    """Those that the service itself never shows, or whose JSON has such in it."""
    return {f"IMS_{name.upper()}" for name, field in settings_of(service).model_fields.items() if "Secret" in str(field.annotation)}


def test_what_is_kept_was_rendered_from_this_chart() -> None:
    how = f"(echo '# {digest()}'; {' '.join(RENDER)}) > {RENDERED}".replace(f"{ROOT}/", "")
    assert RENDERED.read_text(encoding="utf-8").splitlines()[0] == f"# {digest()}", f"with Helm: {how}"


@pytest.mark.skipif(shutil.which("helm") is None, reason="no helm here")
def test_helm_renders_what_is_kept() -> None:
    """The same objects; each version of it breaks lines in its own way."""
    lint = subprocess.run(["helm", "lint", "--strict", *RENDER[3:]], capture_output=True, text=True, check=False)
    assert lint.returncode == 0, lint.stdout + lint.stderr
    made = subprocess.run(RENDER, capture_output=True, text=True, check=True).stdout
    assert [each for each in yaml.safe_load_all(made) if each] == rendered()


def test_each_object_is_one_that_kubernetes_knows() -> None:
    known = pytest.importorskip("kubernetes_validate", reason="install kubernetes-validate, a hundred megabytes, to have this checked")
    for each in rendered():
        known.validate(each, "1.34", strict=True)


def test_each_service_has_its_objects_and_no_secret_is_among_them() -> None:
    kinds = ["Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy"]
    assert {kind: list(found(kind)) for kind in kinds} == {kind: sorted(SERVICES) for kind in kinds}
    assert len(rendered()) == len(kinds) * len(SERVICES)
    for each in rendered():
        name = {"app.kubernetes.io/name": each["metadata"]["name"], "app.kubernetes.io/instance": "ims"}
        spec = each["spec"]
        chosen = spec.get("podSelector", spec.get("selector", {}))
        assert chosen.get("matchLabels", chosen) == name == each["metadata"]["labels"]


@each_service
def test_the_environment_is_one_that_the_service_starts_with(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for container in containers(service):
        known = {f"IMS_{name.upper()}" for name in settings_of(service).model_fields} | OF_POSTGRES
        given = {each["name"]: each.get("value") for each in container["env"]}
        from_secrets = {name for name, value in given.items() if value is None}
        assert given.keys() - from_secrets <= known
        assert {name for name in from_secrets if name.startswith("IMS_")} <= known
        assert secret_settings(service) & given.keys() <= from_secrets
        for name, value in given.items():
            monkeypatch.setenv(name, PLACEHOLDERS.get(name, "x") if value is None else value)
        made = settings_of(service)()
        assert (made.http_host, made.http_port) == ("0.0.0.0", 8000)
    if service == "ingest":
        assert made.pulls[0].source == "allpay"  # type: ignore[attr-defined]
    if service == "reconcile":
        assert made.write_off_limit_pence == 500  # type: ignore[attr-defined]


@each_service
def test_its_probes_are_doors_of_the_kit(service: str) -> None:
    migrating, running = containers(service)
    doors, ports = {route.path for route in health.router.routes}, {each["name"]: each["containerPort"] for each in running["ports"]}  # type: ignore[attr-defined]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert running[probe]["httpGet"]["path"] in doors
        assert ports[running[probe]["httpGet"]["port"]] == 8000
    assert (migrating["command"], running["command"]) == (["python", "-m", f"ims_{service}", "migrate"], ["python", "-m", f"ims_{service}"])
    assert importlib.util.find_spec(f"ims_{service}.__main__")
    version = "0.1.1" if service == "ingest" else "0.1.0"
    assert {each["image"] for each in (migrating, running)} == {f"registry.anytown.example/ims:{version}"}


@each_service
def test_it_may_do_no_more_than_it_needs(service: str) -> None:
    pod = found("Deployment")[service]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert f"USER {pod['securityContext']['runAsUser']}" in (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    assert pod["automountServiceAccountToken"] is False
    for container in containers(service):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
        assert container["resources"]["limits"]["memory"]
        assert {each["name"] for each in container["volumeMounts"]} == {each["name"] for each in pod["volumes"]}


def test_the_values_name_only_settings_that_exist() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    assert sorted(values["services"]) == sorted(SERVICES)
    for service, own in values["services"].items():
        known = {f"IMS_{name.upper()}" for name in settings_of(service).model_fields}
        assert {*own["settings"], *own["secrets"], *values["settings"], *values["secrets"]} <= known


def test_its_page_names_every_topic() -> None:
    topics = yaml.safe_load((ROOT / "deploy" / "topics.yaml").read_text(encoding="utf-8"))["topics"]
    page = (CHART / "README.md").read_text(encoding="utf-8")
    assert [topic for topic in topics if f"`{topic}`" not in page] == []
