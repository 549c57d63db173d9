"""Git over the machine's files against the git of this host, story by story: output, errors, status, hashes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from llm_kernel.machine import Clock, Machine
from llm_kernel.machine.clock import DEFAULT_EPOCH
from tests.notebook import Notebook

REAL = shutil.which("git")
WHO = {
    "GIT_AUTHOR_NAME": "Ada Lovelace",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada Lovelace",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}
SETUP = "export " + " ".join(f"{name}='{value}'" for name, value in WHO.items())
START = "git config --global init.defaultBranch main; git init -q repo; cd repo; "
TWO = START + "printf 'a\\nb\\nc\\n' > f; git add f; git commit -qm one; git switch -qc side; "

STORIES = {
    "first commit": START
    + "echo hello > a.txt; git status; git add a.txt; git status -s; git commit -m 'first one'; git log",
    "nothing": START + "git status; git log; git diff; git commit -m x; git branch; git rev-parse HEAD",
    "outside": "git status; git log; git add x; git -C nowhere status",
    "diff": START + "seq 1 20 > n; git add n; git commit -qm n; sed -i 's/^3$/three/; s/^15$/fifteen/' n; git diff; "
    "git diff --stat; "
    "git add n; git diff --cached; git diff --cached --name-only; git diff HEAD --numstat; "
    "git diff --exit-code; echo $?",
    "functions": START + "printf 'def one():\\n    a = 1\\n    b = 2\\n"
    "    c = 3\\n    d = 4\\n    return a\\n\\n\\ndef two():\\n    return 2\\n' > m.py; "
    "git add .; git commit -qm m; sed -i 's/return a/return d/' m.py; git diff; "
    "printf '\\n\\ndef three():\\n    return 3\\n' >> m.py; git diff",
    "no newline": START
    + "printf x > f; git add f; git commit -qm x; printf 'x\\ny' > f; git diff; git commit -am y; git show",
    "many": START + "mkdir -p d/e; for i in 1 2 3; do echo $i > d/$i; done; echo z > d/e/z; git add -A; "
    "git commit -m many; git status; "
    "echo new > d/new; mkdir other; echo o > other/o; echo w > w; git status; git status -s; cd d; "
    "git status; git status -s; cd ..; "
    "git add d; git status --porcelain; git rm -q d/1; git mv d/2 d/two; git status; git status -s; "
    "git commit -m changes",
    "ignored": START
    + "printf '*.log\\nbuild/\\n!keep.log\\n' > .gitignore; mkdir build; touch a.log keep.log build/x; "
    "git status -s; git add .; "
    "git status -s --ignored; git add a.log; echo $?; git check-ignore a.log keep.log",
    "unstage": START + "echo 1 > f; git add f; git commit -qm 1; echo 2 > f; git add f; git restore --staged f; "
    "git status -s; git restore f; cat f; "
    "echo 3 > f; git add f; git reset; git reset --hard; cat f; git restore nothing; git checkout -- f; "
    "git checkout f",
    "branches": START
    + "echo 1 > f; git add f; git commit -qm 1; git branch dev; git branch; git checkout dev; echo 2 > g; "
    "git add g; git commit -qm 2; "
    "git checkout main; ls; git merge dev; git log --oneline; git branch -d dev; git branch -a; "
    "git branch -v; git switch nope; "
    "git checkout nope; git checkout -b fix; git branch -m fixed; git branch --show-current; "
    "git branch fixed; git branch -d fixed",
    "three way": TWO
    + "echo d >> f; git commit -qam side; git switch -q main; echo x > g; git add g; git commit -qm g; "
    "git merge side -m 'joined'; "
    "git log --oneline --graph; cat f; git log --merges",
    "conflict": TWO + "sed -i s/b/B/ f; git commit -qam side; git switch main; sed -i s/b/bb/ f; git commit -qam main; "
    "git merge side; echo $?; cat f; "
    "git status; git status -s; git commit -m x; git merge --abort; cat f; git status; git merge side; "
    "echo done > f; git add f; "
    "git status; git commit -m merged; git log --oneline --graph",
    "overwrite": TWO
    + "echo d >> f; git commit -qam d; git switch main; echo e >> f; git switch side; echo $?; git stash; "
    "git switch side; git stash pop; echo $?; "
    "git status -s",
    "reset": START + "for i in 1 2 3; do echo $i > f; git add f; git commit -qm c$i; done; git reset --soft HEAD~1; "
    "git status -s; git commit -qm again; "
    "git reset HEAD~1; git reset --hard HEAD~1; git log --oneline; git reset nope; git reflog",
    "logs": START + 'for i in 1 2 3; do echo $i > f$i; git add .; git commit -qm "c$i" -m body; done; git log -2; '
    "git log --oneline -n 1; git log --stat -1; "
    "git log -p -1; git log --format='%h %an %ae %s' ; git log --pretty=oneline; "
    "git log --pretty=format:%s; git log --reverse --oneline; "
    "git log --oneline -- f2; git log HEAD~1..HEAD --oneline; git log --author=Ada --oneline; "
    "git log --name-only -1; git log --name-status; "
    "git log --grep=c2; git log nope; git log --graph; git log --oneline --decorate; git shortlog -sn HEAD",
    "show": START
    + "echo 1 > f; git add f; git commit -qm 1; echo 2 > f; git commit -qam 2; git show; git show HEAD~1; "
    "git show HEAD:f; git show --stat; "
    "git show nope; git show HEAD:nope; git show --name-only HEAD; git show --oneline",
    "tags": START + "echo 1 > f; git add f; git commit -qm 1; git tag v1; git tag -a v2 -m 'two'; git tag; "
    "git tag -l 'v2*'; git show v2; git tag v1; "
    "git tag -d v1; git describe; git log --oneline --decorate; git checkout v2; git status; git checkout main",
    "stash": START + "echo 1 > f; git add f; git commit -qm 1; echo 2 > f; echo u > u; git stash; git stash list; "
    "git status -s; git stash show; "
    "git stash show -p; git stash apply; git stash drop; git stash pop; git stash -u -m 'with u'; "
    "git stash list; git stash pop",
    "amend": START + "echo 1 > f; git add f; git commit -qm 1; echo 2 > g; git add g; git commit --amend --no-edit; "
    "git log --oneline; git commit --amend -m better; "
    "git log; git commit --allow-empty -m empty; git log --oneline",
    "clean": START + "echo 1 > f; git add f; git commit -qm 1; touch x; mkdir d; touch d/y; git clean; git clean -n; "
    "git clean -nd; git clean -fd; ls",
    "remove": START + "mkdir d; echo 1 > d/f; echo 2 > g; git add .; git commit -qm 1; git rm d; git rm -r d; "
    "git rm --cached g; git status; git rm nope; ls; "
    "git mv g h; git mv nope x",
    "local remote": START
    + "echo 1 > f; git add f; git commit -qm 1; cd ..; git clone -q --bare repo b.git; git clone b.git w; "
    "cd w; git remote -v; git status; git branch -a; "
    "echo 2 > f; git commit -qam 2; git status -sb; git push; git log --oneline --decorate; git pull; "
    "cd ../repo; git remote add origin ../b.git; "
    "git pull; git fetch; git branch -r; git merge origin/main; git push; git push -u origin main; "
    "git remote add origin x; git remote remove nope; "
    "git push nowhere main",
    "rejected": START + "echo 1 > f; git add f; git commit -qm 1; cd ..; git clone -q --bare repo b.git; "
    "git clone -q b.git x; git clone -q b.git y; cd x; echo x > x; "
    "git add x; git commit -qm x; git push; cd ../y; echo y > y; git add y; git commit -qm y; git push; "
    "git fetch; git status; git pull --no-rebase -q --no-edit; "
    "git push -q; git log --format=%s --graph",
    "config": "git config --global user.name Bob; git config user.name; git config --global --list; "
    "git config nope.x; echo $?; git config nope; "
    "git config --global --unset user.name; git config user.name; echo $?; cat ~/.gitconfig; git config user.x y",
    "mistakes": START + "git stats; git comit; git add nope; git checkout -b; git log --onelin; git diff nope",
    "plumbing": START
    + "mkdir d; echo 1 > d/f; echo 2 > g; git add .; git commit -qm 1; git ls-files; git ls-files -s; "
    "git ls-tree HEAD; git ls-tree -r HEAD; "
    "git cat-file -p HEAD; git cat-file -t HEAD; git cat-file -p HEAD:g; git hash-object g; "
    "git rev-parse HEAD; git rev-parse --short HEAD; "
    "git rev-parse --abbrev-ref HEAD; git rev-parse --git-dir; git rev-list --count HEAD; "
    "git rev-parse nope; git write-tree; git show-ref",
    "rename": START + "seq 1 30 > a; git add a; git commit -qm a; git mv a b; git status; git commit -m moved; "
    "git log --stat -1; git log --oneline --follow b; "
    "echo 31 >> b; mkdir d; git mv b d/c; git diff --cached -M; git commit -qm again; git show --stat; "
    "git show --name-status",
    "modes": START + "echo 'echo hi' > s.sh; git add .; git commit -qm s; chmod +x s.sh; git diff; git commit -am x; "
    "ln -s s.sh l; git add l; git commit -m link; git ls-files -s",
    "binary": START + "printf 'a\\0b' > bin; git add .; git commit -m bin; printf 'a\\0c' > bin; git diff; "
    "git diff --stat; git commit -am b",
    "names": START
    + "echo 1 > 'a b'; echo 2 > 'é'; git status -s; git add .; git status; git commit -m names; git ls-files",
    "pick": TWO + "echo x > g; git add g; git commit -qm 'add g'; git switch -q main; git cherry-pick side; "
    "git log --oneline; git revert --no-edit HEAD; git log -1; ls",
    "blame": START
    + "printf 'a\\nb\\n' > f; git add f; git commit -qm 1; printf 'a\\nB\\nc\\n' > f; git commit -qam 2; "
    "git blame f; git blame nope",
}


def machine() -> Machine:
    made = Machine(Clock())
    made.system.set_os("debian", "12")
    made.packages.refit()
    made.follow()
    return made


def real(story: str, folder: Path) -> tuple[str, str, int]:
    """What the host's git says; folders of this host named as the machine's."""
    home = folder / "root"
    home.mkdir()
    date = f"{int(DEFAULT_EPOCH)} +0000"
    env = {
        **WHO,
        "GIT_AUTHOR_DATE": date,
        "GIT_COMMITTER_DATE": date,
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "TERM": "dumb",
        "LANG": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "TZ": "UTC",
    }
    done = subprocess.run(["bash", "-c", story], cwd=home, env=env, capture_output=True, text=True, errors="replace")
    place = str(folder)
    return done.stdout.replace(place, ""), done.stderr.replace(place, ""), done.returncode


async def ours(story: str) -> tuple[str, str, int]:
    book = Notebook(machine=machine())
    date = f"{int(DEFAULT_EPOCH)} +0000"
    await book(f"{SETUP} GIT_AUTHOR_DATE='{date}' GIT_COMMITTER_DATE='{date}'")
    events = await book(story)
    said = {"stdout": "", "stderr": ""}
    for event in events[:-1]:
        said[event.stream] += event.text
    return said["stdout"], said["stderr"], events[-1].status


@pytest.mark.skipif(REAL is None, reason="there is no git to compare with")
@pytest.mark.parametrize("name", STORIES)
async def test_says_what_git_says(name: str, tmp_path: Path) -> None:
    theirs = real(STORIES[name], tmp_path)
    mine = await ours(STORIES[name])
    assert mine == theirs
