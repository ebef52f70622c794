# The image of a router. Nothing is built here: `routerd/image/build` lays out what the image holds (a static binary and
# the names it answers to), and makes the same image from these lines where there is no Docker. With Docker:
#
#     routerd/image/build && docker build -t routerd -f Dockerfile target/image/plain
#
FROM scratch
COPY . /
ENV PATH=/bin:/usr/bin:/sbin
HEALTHCHECK --interval=5s --timeout=4s --start-period=1s --retries=2 CMD ["/bin/routerd", "health"]
ENTRYPOINT ["/bin/routerd", "supervise"]
