"""config/kubernetes/: manifests that keep to their schemas, and start what docker-compose.yml starts."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from typing import Any

import kubernetes_validate
import pytest
import yaml
from django.db import connection, transaction
from kubernetes_validate import utils

from config import env
from config.env_values import Secret
from owed import record
from owed.acting import Decision
from owed.models import Effect
from owed.pausing import pause
from tests.architecture.processes import queues
from tests.effects import samples
from tools.devserver.server import ROOT

FOLDER = ROOT / "config" / "kubernetes"
OPTIONAL = ["bounces.yaml"]
LEFT_OUT = {"kustomization.yaml", "keda.yaml", *OPTIONAL}
OTHERS = {"TMPDIR", "FLOWER_ADDRESS", "GUNICORN_CMD_ARGS", "CELERY_WORKER_CONCURRENCY"}
"""Variables that Python, Flower, gunicorn and Celery read themselves."""
SPEC = {"scaleTargetRef", "minReplicaCount", "maxReplicaCount", "pollingInterval", "cooldownPeriod", "advanced", "triggers"}
ASKED = {"host", "port", "userName", "dbName", "sslmode", "query", "targetQueryValue", "activationTargetQueryValue"}
Object = dict[str, Any]


def read(name: str) -> list[Object]:
    return list(yaml.safe_load_all((FOLDER / name).read_text()))


KUSTOMIZATION = read("kustomization.yaml")[0]
OBJECTS = [each for name in [*KUSTOMIZATION["resources"], *OPTIONAL] for each in read(name)]
SCALED = {each["spec"]["scaleTargetRef"]["name"]: each for each in read("keda.yaml") if each["kind"] == "ScaledObject"}
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def named(kind: str) -> dict[str, Object]:
    return {each["metadata"]["name"]: each["spec"] for each in OBJECTS if each["kind"] == kind}


PROGRAMS = {**named("Deployment"), **named("Job")}
PODS = {name: spec["template"]["spec"] for name, spec in PROGRAMS.items()}


def containers() -> Iterator[tuple[str, Object]]:
    for name, pod in PODS.items():
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            yield f"{name}: {container['name']}", container


def settings() -> dict[str, str]:
    [found] = [each["data"] for each in OBJECTS if each["kind"] == "ConfigMap"]
    return dict(found)


def secrets() -> dict[str, str]:
    """Return the secrets.env of the guide."""
    [text] = re.findall(r"^# secrets\.env\n(.*?)^```", (ROOT / "docs/howto/scale.md").read_text(), re.M | re.S)
    return dict(line.split("=", 1) for line in text.split())


class TestTheManifests:
    def test_keep_to_the_schemas_of_kubernetes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # It reads the definitions again for each object: a tenth of a second.
        monkeypatch.setattr(utils, "schema_contents", cache(utils.schema_contents))
        for each in OBJECTS:
            kubernetes_validate.validate(each, "1.33", strict=True)

    def test_are_all_applied_but_what_is_optional(self) -> None:
        assert set(KUSTOMIZATION["resources"]) == {path.name for path in FOLDER.iterdir()} - LEFT_OUT

    def test_start_what_the_compose_file_starts(self) -> None:
        ours = {name: service["command"] for name, service in SERVICES.items() if "build" in service}
        assert {name.removeprefix("afterword-"): pod["containers"][0]["command"] for name, pod in PODS.items()} == ours

    def test_name_objects_that_are_there(self) -> None:
        labels = {name: spec["template"]["metadata"]["labels"] for name, spec in PROGRAMS.items()}
        selectors = [*named("Deployment").items(), *named("PodDisruptionBudget").items()]
        assert {name: spec["selector"]["matchLabels"] for name, spec in selectors}.items() <= labels.items()
        assert {name: spec["selector"] for name, spec in named("Service").items()}.items() <= labels.items()
        [rule] = named("Ingress")["afterword"]["rules"]
        backend = rule["http"]["paths"][0]["backend"]["service"]
        assert backend["port"]["name"] in [port["name"] for port in named("Service")[backend["name"]]["ports"]]
        mounted = [each.get("persistentVolumeClaim") for pod in PODS.values() for each in pod["volumes"]]
        claims = {each["claimName"] for each in mounted if each}
        assert claims == set(named("PersistentVolumeClaim"))

    def test_let_a_node_be_emptied_while_web_and_workers_go_on(self) -> None:
        assert set(named("PodDisruptionBudget")) == {name for name in PODS if re.search("web|worker", name)}
        assert named("Deployment")["afterword-web"]["replicas"] > 1
        assert named("Deployment")["afterword-web"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


class TestAPod:
    @pytest.mark.parametrize("name", PODS)
    def test_runs_as_no_one_in_particular(self, name: str) -> None:
        pod = PODS[name]
        assert pod["securityContext"]["runAsNonRoot"]
        assert f"--uid {pod['securityContext']['runAsUser']}" in (ROOT / "Dockerfile").read_text()
        # A Service named flower would set FLOWER_PORT=tcp://...
        assert (pod["enableServiceLinks"], pod["automountServiceAccountToken"]) == (False, False)

    @pytest.mark.parametrize(("name", "container"), list(containers()))
    def test_may_change_nothing_but_its_folders_and_has_bounds(self, name: str, container: Object) -> None:
        safe = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
        assert container["securityContext"] == safe
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
        assert "memory" in container["resources"]["limits"]
        assert {"/srv/afterword", "/tmp", "/var/tmp"} <= {mount["mountPath"] for mount in container["volumeMounts"]}

    @pytest.mark.parametrize("name", sorted(set(named("Deployment")) - {"afterword-beat"}))
    def test_is_asked_what_the_compose_file_asks(self, name: str) -> None:
        container = PODS[name]["containers"][0]
        asked = SERVICES[name.removeprefix("afterword-")]["healthcheck"]["test"][1:]
        assert container["livenessProbe"]["exec"]["command"] == asked
        assert container["startupProbe"]["exec"]["command"] == asked

    def test_takes_requests_once_its_database_is_that_of_its_release(self) -> None:
        assert PODS["afterword-web"]["containers"][0]["readinessProbe"]["exec"]["command"][-2:] == ["8000", "/readyz"]

    def test_shares_what_another_host_reads_and_nothing_else(self) -> None:
        shared = {place.split("/")[-1] for _, each in containers() for place in mounts(each) if place.count("/") > 2}
        assert shared == {"media", "imports", "exports"}
        for name in ("afterword-web", "afterword-worker-upkeep", "afterword-worker-mail"):
            assert {f"/srv/afterword/{each}" for each in shared} <= mounts(PODS[name]["containers"][0])


def mounts(container: Object) -> set[str]:
    return {each["mountPath"] for each in container["volumeMounts"]}


class TestTheEnvironment:
    def test_is_whole_with_the_secrets_of_the_guide(self) -> None:
        read = env.read({**settings(), **secrets()})
        assert not any([read.debug, read.bundled_database, read.bundled_broker, read.bundled_cache, read.bundled_mail])

    def test_has_secrets_by_reference_alone(self) -> None:
        values = vars(env.read({**settings(), **secrets()}))
        assert [name for name in settings() if isinstance(values.get(name.lower()), Secret)] == []
        for _, container in containers():
            assert container["envFrom"] == [{"configMapRef": {"name": "afterword"}}, {"secretRef": {"name": "afterword"}}]
            assert "env" not in container

    def test_has_variables_that_something_reads(self) -> None:
        assert {name for name in {**settings(), **secrets()} if name.lower() not in env.Env.__annotations__} == OTHERS


class TestTheExampleOfKeda:
    """Its schema is not at hand: the names are those of KEDA 2's ScaledObject and of its postgresql scaler."""

    @pytest.mark.parametrize("name", SCALED)
    def test_scales_a_worker_by_its_own_queues(self, name: str) -> None:
        spec = SCALED[name]["spec"]
        [trigger] = spec["triggers"]
        assert spec.keys() == SPEC
        assert (trigger["type"], trigger["metricType"], trigger["metadata"].keys()) == ("postgresql", "Value", ASKED)
        assert all(isinstance(value, str) for value in trigger["metadata"].values())
        assert 1 <= spec["minReplicaCount"] < spec["maxReplicaCount"]
        [asked] = re.findall(r"queue IN \((.*?)\)", trigger["metadata"]["query"])
        assert re.findall(r"'(\w+)'", asked) == queues(shlex.join(PODS[name]["containers"][0]["command"]))

    def test_scales_each_worker_once_and_reads_the_password_from_a_secret(self) -> None:
        assert set(SCALED) == {name for name in PODS if "worker" in name}
        [access] = [each for each in read("keda.yaml") if each["kind"] == "TriggerAuthentication"]
        assert [each["parameter"] for each in access["spec"]["secretTargetRef"]] == ["password"]
        refs = {each["spec"]["triggers"][0]["authenticationRef"]["name"] for each in SCALED.values()}
        assert refs == {access["metadata"]["name"]}

    @pytest.mark.django_db
    def test_asks_how_late_the_ledger_is(self) -> None:
        assert self.answer() == 0
        with transaction.atomic():
            record(samples.note.si(n=1), samples.note.si(n=2))
        Effect.objects.update(queue="upkeep", due_at=Effect.objects.earliest("pk").due_at.replace(year=2020))
        assert self.answer() == pytest.approx(Effect.objects.backlog()[0].oldest_due, abs=5)
        pause(queue="upkeep", decision=Decision(by="ada", reason="upkeep waits"))
        assert (self.answer(), Effect.objects.backlog()[0].oldest_due) == (0, None)

    def answer(self) -> float:
        with connection.cursor() as cursor:
            cursor.execute(SCALED["afterword-worker-upkeep"]["spec"]["triggers"][0]["metadata"]["query"])
            return float(cursor.fetchone()[0])
