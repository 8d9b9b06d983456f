"""A server that costs next to nothing: the same completion for every request, chosen by the model's name.

python canned_server.py '{"<model>": "<text>", ...}' [SECONDS]      prints its port, and ends with its standard input

SECONDS is the latency of each response, by default none.
"""

import asyncio
import json
import sys


def response(text: str) -> bytes:
    """The whole HTTP response with this text as the model's answer."""
    message = {"role": "assistant", "content": text}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "canned",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 500, "completion_tokens": 20, "total_tokens": 520},
    }
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
    return head.encode() + content


class Canned(asyncio.Protocol):
    """One connection, kept alive."""

    def __init__(self, responses: dict[bytes, bytes], latency: float) -> None:
        self._responses = responses
        self._latency = latency
        self._held = b""

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        head, blank, rest = self._held.partition(b"\r\n\r\n")
        while blank:
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
            if len(rest) < length:
                return
            said = next(said for name, said in self._responses.items() if name in rest[:length])
            if self._latency:
                asyncio.get_running_loop().call_later(self._latency, self._transport.write, said)
            else:
                self._transport.write(said)
            self._held = rest[length:]
            head, blank, rest = self._held.partition(b"\r\n\r\n")


async def serve(texts: dict[str, str], latency: float) -> None:
    responses = {name.encode(): response(text) for name, text in texts.items()}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Canned(responses, latency), "127.0.0.1", 0, backlog=2048)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.0))
