# SPDX-License-Identifier: BSD-3-Clause
"""The repositories of a fleet: found from arguments and lists, opened as trees, worked on in processes; their results.

A worker is a process with limits that may be killed, on this machine or in a Dask cluster (`engines`).
"""
