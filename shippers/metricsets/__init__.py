"""Samples of GPUs, the host and the services, as lines in HOME/spool that the shipper takes along.

gpu        every GPU, by NVML; the only importer of pynvml
host       processor, memory, disks, networks and our own processes
health     GET /health of each service

nvml       what NVML's numbers mean: error classes, throttle reasons
faults     what can be wrong with the driver or a GPU
processes  which processes are our own, and what each costs
probe      one GET with a deadline for the whole of it
rates      growing counters -> rates, never a negative one
document   what all three give: fields, troubles, whole ECS lines
spool      lines into files, rotated and bounded
sampler    ticks at a fixed rate, each metricset in a thread of its own
catalogue  the table of the metricsets
settings   what can be set
errors     what can stop the sampler, each with a stable code

The three metricsets have one shape, see `catalogue.Metricset`.
"""
