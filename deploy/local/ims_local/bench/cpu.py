"""CPU seconds and memory, process by process."""

import psutil


def family(pid: int) -> list[psutil.Process]:
    """A process and all it started."""
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def used(processes: dict[str, int]) -> dict[str, float]:
    """CPU seconds so far of each process and its children; those of its ended children too."""
    return {name: sum(map(seconds, family(pid))) + ended(pid) for name, pid in processes.items()}


def seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system


def ended(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.children_user + times.children_system)


def memory_mb(processes: dict[str, int]) -> dict[str, int]:
    """Resident memory of each process, without its children: what one instance of a service takes."""
    return {name: psutil.Process(pid).memory_info().rss >> 20 for name, pid in processes.items()}


def is_there(pid: int) -> bool:
    """Whether there is such a process."""
    return psutil.pid_exists(pid)
