"""The texts of a fresh system's configuration files, rendered from the record."""

from __future__ import annotations

import hashlib

from llm_kernel.machine.profiles import Account
from llm_kernel.machine.system import Disk, System, User

__all__ = ["etc", "home", "uuid"]


def etc(system: System, zone: str = "UTC") -> dict[str, str]:
    """Every file of configuration by its path, with its text."""
    rows = {**_names(system), **_release(system), **_sources(system), **_shells(system)}
    return rows | {
        "/etc/timezone": ("Etc/UTC" if zone == "UTC" else zone) + "\n",
        "/etc/fstab": _fstab(system),
        "/etc/resolv.conf": "nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n",
        "/etc/nsswitch.conf": _NSSWITCH,
        "/etc/ssh/sshd_config": _SSHD,
        "/etc/ssh/ssh_config": "Host *\n    SendEnv LANG LC_*\n    HashKnownHosts yes\n    GSSAPIAuthentication yes\n",
        "/etc/crontab": _CRONTAB_RHEL if system.profile.like == "rhel" else _CRONTAB,
        "/etc/sudoers": f"Defaults\tenv_reset\nroot\tALL=(ALL:ALL) ALL\n%{system.profile.admin}\tALL=(ALL:ALL) ALL\n",
        "/etc/sysctl.conf": "#net.ipv4.ip_forward=1\n#net.ipv6.conf.all.forwarding=1\n",
        "/etc/login.defs": "UID_MIN\t\t1000\nUID_MAX\t\t60000\nGID_MIN\t\t1000\nGID_MAX\t\t60000\nUMASK\t\t022\n",
        "/etc/ld.so.conf": "include /etc/ld.so.conf.d/*.conf\n",
        "/etc/ld.so.conf.d/x86_64-linux-gnu.conf": "/usr/local/lib/x86_64-linux-gnu\n/usr/lib/x86_64-linux-gnu\n",
        "/etc/default/locale": "LANG=en_US.UTF-8\n",
        "/etc/default/grub": 'GRUB_DEFAULT=0\nGRUB_TIMEOUT=0\nGRUB_CMDLINE_LINUX_DEFAULT=""\nGRUB_CMDLINE_LINUX=""\n',
        "/etc/protocols": "ip\t0\tIP\nicmp\t1\tICMP\ntcp\t6\tTCP\nudp\t17\tUDP\n",
        "/etc/services": _SERVICES,
        "/etc/machine-id": hashlib.sha256(f"machine {system.os}".encode()).hexdigest()[:32] + "\n",
    }


def home(system: System) -> dict[str, str]:
    """The dot files a new home gets, by name."""
    if system.profile.like == "rhel":
        return {".bashrc": _BASHRC, ".bash_profile": _PROFILE, ".bash_logout": ""}
    return {".bashrc": _BASHRC, ".profile": _PROFILE}


def uuid(name: str) -> str:
    """A file system's identifier, the same for the same device."""
    digits = hashlib.sha256(name.encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"


def _names(system: System) -> dict[str, str]:
    accounts = system.accounts()
    day = int(system.boot // 86400) - 41 if system.boot else 18_677
    groups = sorted(system.all_groups().items(), key=lambda row: list(system.all_groups()).index(row[0]))
    return {
        "/etc/passwd": "".join(f"{_passwd(row)}\n" for row in accounts),
        "/etc/shadow": "".join(f"{row.name}:{_lock(row)}:{max(day, 1)}:0:99999:7:::\n" for row in accounts),
        "/etc/group": "".join(f"{name}:x:{gid}:{','.join(_members(system, name))}\n" for name, gid in groups),
        "/etc/gshadow": "".join(f"{name}:*::{','.join(_members(system, name))}\n" for name, _ in groups),
        "/etc/hostname": f"{system.host}\n",
        "/etc/hosts": _hosts(system),
    }


def _passwd(row: User | Account) -> str:
    return f"{row.name}:x:{row.uid}:{row.gid}:{row.gecos}:{row.home}:{row.shell}"


def _lock(row: User | Account) -> str:
    if isinstance(row, User) and row.lock:
        return row.lock
    return "!" if isinstance(row, User) and row.uid else "*"


def _members(system: System, group: str) -> list[str]:
    people = [user.name for user in system.users if group in user.groups]
    return ["syslog", *people] if group == "adm" and system.profile.like == "debian" else people


def _hosts(system: System) -> str:
    name = system.host if "." not in system.host else f"{system.host} {system.host.partition('.')[0]}"
    if system.profile.like == "rhel":
        return "".join(
            f"{address:<11} localhost localhost.localdomain localhost{n} localhost{n}.localdomain{n}\n"
            for address, n in (("127.0.0.1", 4), ("::1", 6))
        )
    if system.profile.os == "debian":
        lines = ("::1     localhost ip6-localhost ip6-loopback", "ff02::1 ip6-allnodes", "ff02::2 ip6-allrouters")
        head = f"127.0.0.1\tlocalhost\n127.0.1.1\t{name}\n\n"
        return f"{head}# The following lines are desirable for IPv6 capable hosts\n" + "".join(f"{x}\n" for x in lines)
    return (
        f"127.0.0.1 localhost\n127.0.1.1 {name}\n\n"
        "# The following lines are desirable for IPv6 capable hosts\n"
        "::1     ip6-localhost ip6-loopback\nfe00::0 ip6-localnet\nff00::0 ip6-mcastprefix\n"
        "ff02::1 ip6-allnodes\nff02::2 ip6-allrouters\n"
    )


def _release(system: System) -> dict[str, str]:
    made = system.profile
    rows = {"/usr/lib/os-release": "".join(f"{line}\n" for line in made.os_release)}
    match made.os:
        case "ubuntu":
            rows["/etc/lsb-release"] = (
                f"DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE={made.release}\nDISTRIB_CODENAME={made.codename}\n"
                f'DISTRIB_DESCRIPTION="{made.pretty}"\n'
            )
            issue = made.pretty
        case "debian":
            issue = f"Debian GNU/Linux {made.release}"
        case "centos":
            issue = "\\S\nKernel \\r on an \\m"
            rows["/etc/centos-release"] = rows["/etc/redhat-release"] = "CentOS Linux release 7.9.2009 (Core)\n"
        case _:
            issue = "\\S\nKernel \\r on an \\m"
            rows["/etc/rocky-release"] = rows["/etc/redhat-release"] = f"Rocky Linux release {made.version}\n"
    if made.debian_version:
        rows["/etc/debian_version"] = f"{made.debian_version}\n"
    tail = " \\n \\l\n\n" if made.like == "debian" else "\n\n"
    return {**rows, "/etc/issue": f"{issue}{tail}", "/etc/issue.net": f"{issue}\n"}


def _sources(system: System) -> dict[str, str]:
    made = system.profile
    text = "".join(f"{line}\n" for line in made.sources)
    if made.like == "rhel":
        name = "CentOS-Base" if made.os == "centos" else made.os
        return {f"/etc/yum.repos.d/{name}.repo": text}
    if made.os == "ubuntu" and made.release >= "24.04":
        moved = "# Ubuntu sources have moved to /etc/apt/sources.list.d/ubuntu.sources\n"
        return {"/etc/apt/sources.list": moved, "/etc/apt/sources.list.d/ubuntu.sources": _deb822(made.codename)}
    return {"/etc/apt/sources.list": text}


def _deb822(code: str) -> str:
    key = "Components: main universe restricted multiverse\nSigned-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg\n"
    suites = f"{code} {code}-updates {code}-backports"
    return (
        f"Types: deb\nURIs: http://archive.ubuntu.com/ubuntu/\nSuites: {suites}\n{key}\n"
        f"Types: deb\nURIs: http://security.ubuntu.com/ubuntu/\nSuites: {code}-security\n{key}"
    )


def _shells(system: System) -> dict[str, str]:
    names = ["/bin/sh", "/bin/bash", "/usr/bin/bash", "/bin/rbash", "/usr/bin/rbash", "/bin/dash", "/usr/bin/dash"]
    kept = names if system.profile.merged else ["/bin/sh", "/bin/bash", "/bin/rbash", "/bin/dash"]
    bashrc = "/etc/bashrc" if system.profile.like == "rhel" else "/etc/bash.bashrc"
    return {
        "/etc/shells": "".join(f"{line}\n" for line in ["# /etc/shells: valid login shells", *kept]),
        "/etc/profile": f"[ -f {bashrc} ] && . {bashrc}\nfor i in /etc/profile.d/*.sh; do\n  [ -r $i ] && . $i\ndone\n",
        bashrc: "[ -z \"$PS1\" ] && return\nshopt -s checkwinsize\nPS1='\\u@\\h:\\w\\$ '\n",
        "/etc/environment": f'PATH="{_PATH}"\n',
    }


def _fstab(system: System) -> str:
    rows = ["# <file system> <mount point>   <type>  <options>       <dump>  <pass>"]
    rows = rows if system.profile.like == "debian" and system.profile.release != "18.04" else []
    by_id = system.profile.os == "ubuntu" and system.profile.release != "18.04"
    rows += [_fstab_row(disk, "/dev/disk/by-uuid/" if by_id else "UUID=") for disk in system.disks]
    if system.swap:
        rows.append("/swap.img\tnone\tswap\tsw\t0\t0")
    return "".join(f"{row}\n" for row in rows)


def _fstab_row(disk: Disk, lead: str) -> str:
    name = uuid(disk.device)
    if disk.kind == "vfat":
        name = f"{name[:4]}-{name[4:8]}".upper()
    last = "0 0" if lead == "UUID=" else "0 1" if disk.mount in ("/", "/boot/efi") else "0 2"
    return f"{lead}{name} {disk.mount} {disk.kind} defaults {last}"


_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games:/usr/local/games"
_NSSWITCH = """passwd:         files systemd
group:          files systemd
shadow:         files
hosts:          files dns
networks:       files
protocols:      db files
services:       db files
"""
_SSHD = """Include /etc/ssh/sshd_config.d/*.conf
KbdInteractiveAuthentication no
UsePAM yes
X11Forwarding yes
PrintMotd no
AcceptEnv LANG LC_*
Subsystem sftp /usr/lib/openssh/sftp-server
"""
_CRONTAB = """SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin

# m h dom mon dow user  command
17 *    * * *   root    cd / && run-parts --report /etc/cron.hourly
25 6    * * *   root    test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.daily )
47 6    * * 7   root    test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.weekly )
52 6    1 * *   root    test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.monthly )
#
"""
_CRONTAB_RHEL = """SHELL=/bin/bash
PATH=/sbin:/bin:/usr/sbin:/usr/bin
MAILTO=root
"""
_SERVICES = "".join(
    f"{name}\t\t{port}\n"
    for name, port in (
        ("ftp", "21/tcp"),
        ("ssh", "22/tcp"),
        ("smtp", "25/tcp"),
        ("domain", "53/tcp"),
        ("domain", "53/udp"),
        ("http", "80/tcp"),
        ("https", "443/tcp"),
        ("mysql", "3306/tcp"),
        ("postgresql", "5432/tcp"),
    )
)
_BASHRC = """# ~/.bashrc: executed by bash for non-login shells.
[ -z "$PS1" ] && return
HISTCONTROL=ignoreboth
HISTSIZE=1000
alias ls='ls --color=auto'
alias grep='grep --color=auto'
alias ll='ls -alF'
alias la='ls -A'
alias l='ls -CF'
"""
_PROFILE = """# ~/.profile: executed by bash for login shells.
if [ "$BASH" ] && [ -f ~/.bashrc ]; then
  . ~/.bashrc
fi
"""
