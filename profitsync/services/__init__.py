"""Use cases shared by the command line and the REST routes. They parse nothing and render nothing."""
