"""What docker-compose.yml needs beside the image: settings of the servers and four small programs."""
