"""A real S3 service for tests: Ceph's radosgw on one node, in memory, on loopback.

By hand: `python -m tests.services.radosgw start FOLDER` prints the variables to set,
`python -m tests.services.radosgw stop FOLDER` ends it.
"""

import os
import signal
import subprocess
import sys
import time
import uuid
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from tests.fixtures_s3 import s3_environment
from tests.services.packages import program
from tests.services.ports import free_ports

_READY_SECONDS = 60
_CONFIGURATION = """\
[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{mon_port}
public network = 127.0.0.0/8
ms bind ipv6 = false
auth cluster required = none
auth service required = none
auth client required = none
auth allow insecure global id reclaim = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data = {folder}/mon
osd data = {folder}/osd
osd journal = {folder}/osd/journal
osd objectstore = memstore
memstore device bytes = 2147483648
osd memory target = 939524096
run dir = {folder}/run
admin socket = {folder}/run/$name.asok
pid file = {folder}/run/$name.pid
log file = {folder}/$name.log
mon cluster log file = {folder}/cluster.log
crash dir = {folder}/run
setuser match path =

[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw data = {folder}/rgw
# Without these three, and --no-mon-config, the gateway asks for a key that nobody has.
ms mon client mode = crc
ms mon service mode = crc
auth client required = none
"""


def start(folder: Path) -> str:
    """Start the three daemons with their data in a folder, and return the endpoint when ready.

    Raises:
        ProgramsMissingError: if Ceph is not installed.
    """
    port, mon_port = free_ports(2)
    fsid = str(uuid.uuid4())
    for name in ("mon", "osd", "rgw", "run"):
        (folder / name).mkdir(parents=True)
    text = _CONFIGURATION.format(fsid=fsid, mon_port=mon_port, port=port, folder=folder)
    (folder / "ceph.conf").write_text(text)
    try:
        _start_monitor(folder, fsid, mon_port)
        _start_osd(folder)
        _run(folder, "radosgw", "-n", "client.rgw", "--no-mon-config")
        _await_answer(port, folder)
        _create_user(folder)
    except BaseException:
        stop(folder)
        raise
    return f"http://127.0.0.1:{port}"


def stop(folder: Path) -> None:
    """Kill the daemons that were started for a folder, and no other process."""
    for pid_file in (folder / "run").glob("*.pid"):
        text = pid_file.read_text().strip()
        if text and _belongs(int(text), folder):
            os.kill(int(text), signal.SIGKILL)
        pid_file.unlink()


def _start_monitor(folder: Path, fsid: str, mon_port: int) -> None:
    monmap = str(folder / "monmap")
    address = f"[v2:127.0.0.1:{mon_port}]"
    _run(folder, "monmaptool", "--create", "--fsid", fsid, "--addv", "a", address, monmap)
    _run(folder, "ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap)
    _run(folder, "ceph-mon", "-i", "a")


def _start_osd(folder: Path) -> None:
    osd_uuid = str(uuid.uuid4())
    osd_id = _run(folder, "ceph", "osd", "new", osd_uuid)
    _run(folder, "ceph-osd", "-i", osd_id, "--mkfs", "--osd-uuid", osd_uuid)
    _run(folder, "ceph-osd", "-i", osd_id)


def _create_user(folder: Path) -> None:
    keys = s3_environment("")
    _run(
        folder,
        "radosgw-admin",
        "user",
        "create",
        "--uid=test",
        "--display-name=test",
        f"--access-key={keys['AWS_ACCESS_KEY_ID']}",
        f"--secret-key={keys['AWS_SECRET_ACCESS_KEY']}",
    )


def _run(folder: Path, name: str, *arguments: str) -> str:
    # The folder in the command line is how stop() knows its own.
    command = [program(name), "-c", str(folder / "ceph.conf"), *arguments]
    with (folder / "commands.log").open("a") as log:
        log.write(f"$ {' '.join(command)}\n")
        log.flush()
        # Only `ceph` prints something we want; a daemon would hold a pipe open for ever.
        wanted = subprocess.PIPE if name == "ceph" else log
        done = subprocess.run(command, check=False, text=True, stdout=wanted, stderr=log)
    if done.returncode:
        raise RuntimeError(f"{name} ended with {done.returncode}:\n{_tail(folder)}")
    return (done.stdout or "").strip()


def _await_answer(port: int, folder: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        try:
            _ask(port)
        except (OSError, HTTPException):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"radosgw was not ready in {_READY_SECONDS} s:\n{_tail(folder)}")


def _ask(port: int) -> None:
    with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request("GET", "/")
        connection.getresponse().read()


def _tail(folder: Path) -> str:
    return "".join((folder / "commands.log").open(errors="replace").readlines()[-20:])


def _belongs(pid: int, folder: Path) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return False
    return str(folder / "ceph.conf") in command.split("\0")


def main() -> None:
    """Start or stop by hand."""
    action, folder = sys.argv[1], Path(sys.argv[2]).absolute()
    if action == "stop":
        stop(folder)
        return
    environment = s3_environment(start(folder))
    sys.stdout.write("".join(f"export {name}={text}\n" for name, text in environment.items()))


if __name__ == "__main__":
    main()
