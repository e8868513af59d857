"""Google Images, the engine that takes a browser: `engine` is the door."""
