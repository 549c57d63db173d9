"""Git over the machine's files: real objects, a real index, real names; nothing touches a disk outside."""
