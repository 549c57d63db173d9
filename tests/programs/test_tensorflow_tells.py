"""What TensorFlow and JAX tell of devices: those that nvidia-smi lists, where driver and toolkit reach them."""

from __future__ import annotations

import pytest

from tests.notebook import Notebook, out

SINCE = "%machine clock '2024-06-01 09:00'\n%machine os ubuntu 22.04\n"
MACHINES = {
    "fitting": ("%machine gpu 2 T4\n%machine cuda 12.2\n", 2),
    "another toolkit": ("%machine gpu 2 T4\n%machine cuda 11.8\n", 0),
    "no toolkit": ("%machine gpu 2 T4\n", 0),
    "no GPU": ("", 0),
}


@pytest.mark.parametrize("kind", MACHINES)
async def test_tensorflow_lists_the_gpus_that_it_reaches(kind: str) -> None:
    setup, count = MACHINES[kind]
    book = Notebook(lambda request: "the model's\n")
    await book(f"{SINCE}{setup}%machine install pip tensorflow 2.16.1")
    ask = "python3 -c 'import tensorflow as tf; print({})'"
    gpus = [f"PhysicalDevice(name='/physical_device:GPU:{n}', device_type='GPU')" for n in range(count)]
    listed = ask.format('tf.config.list_physical_devices("GPU")')
    assert await book(listed) == out(f"[{', '.join(gpus)}]\n")
    told = 'tf.__version__, len(tf.config.list_physical_devices("CPU")), tf.test.gpu_device_name()'
    assert await book(ask.format(told)) == out(f"2.16.1 1 {'/device:GPU:0' if count else ''}\n")
    assert book.requests == []
    assert await book(ask.format("tf.constant(1)")) == out("the model's\n")


async def test_jax_lists_what_it_was_built_for() -> None:
    book = Notebook(lambda request: "the model's\n")
    await book(f"{SINCE}%machine install pip jax 0.4.28")
    ask = "python3 -c 'import jax; print(jax.devices(), jax.default_backend())'"
    assert await book(ask) == out("[CpuDevice(id=0)] cpu\n")
    await book("%machine gpu 2 T4")
    assert await book(ask) == out("the model's\n")  # it warns of GPUs that it cannot use, in words of the day
    await book("%machine install pip jax-cuda12-plugin")
    assert await book(ask) == out("[CudaDevice(id=0), CudaDevice(id=1)] gpu\n")
