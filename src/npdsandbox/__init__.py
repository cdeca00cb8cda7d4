"""A register to practise against: it answers like the National Population Database and is not it.

Every person in it is synthetic (numbers start with 999). It must not know the product: nothing here imports
`motcua`, and both sides read the wire from the same written protocol, each by its own hand. They share only
the schema files of `npdschema`.
"""
