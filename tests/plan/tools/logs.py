# ruff: noqa
import logging
import sys

logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(levelname)s:%(name)s: %(message)s")
log = logging.getLogger("tool")
log.debug("hidden")
log.info("started with %d items", 3)
for step in range(3):
    log.info("step %d of %s", step + 1, 3)
log.warning("careful")
logging.error("root speaks")
