"""What a file may take of the memory: half of the machine's, or of the container's."""

import pytest

from trainers.datasets import memory


def group(folder, name, text):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def test_the_limits_of_all_groups_above_count_in_version_2(tmp_path):
    root = tmp_path / "fs"
    (tmp_path / "cgroup").write_text("0::/a/b\n")
    group(root, "memory.max", "max\n")
    group(root / "a", "memory.max", "1000\n")
    group(root / "a" / "b", "memory.max", "3000\n")
    found = memory.container_limits(str(tmp_path / "cgroup"), str(root))
    assert sorted(found) == [1000, 3000]


def test_version_1_has_other_names(tmp_path):
    root = tmp_path / "fs"
    (tmp_path / "cgroup").write_text("5:cpu,memory:/docker/x\n4:pids:/docker/x\n0::/\n")
    group(root / "memory" / "docker" / "x", "memory.limit_in_bytes", "500\n")
    group(root / "memory", "memory.limit_in_bytes", "9223372036854771712\n")
    found = memory.container_limits(str(tmp_path / "cgroup"), str(root))
    assert sorted(found) == [500, 9223372036854771712]


def test_a_container_sees_its_own_group_at_the_root(tmp_path):
    (tmp_path / "cgroup").write_text("0::/../../elsewhere\n")
    group(tmp_path / "fs", "memory.max", "700\n")
    assert memory.container_limits(str(tmp_path / "cgroup"), str(tmp_path / "fs")) == [700]


def test_half_of_the_least_is_the_limit(monkeypatch):
    monkeypatch.setattr(memory, "container_limits", lambda: [2 * 10**6, 10**6])
    assert memory.limit() == 500_000
    with pytest.raises(ValueError, match=r"half of the memory, 0 MB\. Received: 1 MB\."):
        memory.check(10**6, "x")
