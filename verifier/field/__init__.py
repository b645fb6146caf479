"""The scalar field in the portable arithmetic: `portable.PortableField`.

From the bottom: `limbs` (one element inside a kernel), `kernels` and `rounds` (loops that numba compiles), `vector` and
`forms` (arrays and what is done to them), `equality`, `bits`, `weighted`, `products` (the sumchecks), `portable` (the
interface). Importing this page alone does not import numba.
"""
