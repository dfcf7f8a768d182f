"""What things are: values and rules without I/O. Imports nothing of ours."""
