/** The events of a server-sent stream, until it ends. A broken connection rejects; comments are skipped. */
export async function* readEvents(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      // The payload is JSON, which escapes its own carriage returns: those left belong to line ends.
      buffer += value.replaceAll("\r", "");
      const frames = buffer.split("\n\n");
      buffer = frames.pop();
      for (const frame of frames) {
        const event = parseFrame(frame);
        if (event) yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {}); // already cut: nothing is left to cancel
  }
}

function parseFrame(frame) {
  let id = "";
  let data = "";
  for (const line of frame.split("\n")) {
    if (line.startsWith("id:")) id = line.slice(3).trim();
    else if (line.startsWith("data:")) data += line.slice(5);
  }
  return data ? { ...JSON.parse(data), seq: Number(id) } : null;
}
