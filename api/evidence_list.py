"""The list of evidence as it is handed in with a report: Chinese, one paragraph a piece, hashes in full."""

from datetime import datetime
from zoneinfo import ZoneInfo

from db.reads.evidence import EvidenceManifest, Piece

BEIJING = ZoneInfo("Asia/Shanghai")
KINDS = {
    "platform_chat": "平台聊天记录",
    "order_snapshot": "订单快照",
    "payment_record": "付款记录",
    "review_screenshot_with_time": "带时间的评价截图",
    "threat_audio_video_text": "威胁内容（音频、视频或文字）",
    "call_recording": "通话录音",
}
DONE = {"file.put": "存入", "file.seen": "取出", "file.erased": "删除"}


def in_chinese(manifest: EvidenceManifest) -> str:
    head = [
        "证据清单",
        f"案件：{manifest.case}　店铺：{manifest.shop}　平台：{manifest.platform}",
        f"评价编号：{manifest.review}　订单号：{manifest.order}　评价时间：{_beijing(manifest.reviewed_at)}",
    ]
    if manifest.report is not None and manifest.report.reference:
        head.append(f"平台举报编号：{manifest.report.reference}　举报时间：{_beijing(manifest.report.at)}")
    end = [f"清单校验值（SHA-256）：{manifest.digest}", f"共 {len(manifest.pieces)} 项。时间均为北京时间。"]
    return "\n\n".join(["\n".join(head), *(_piece(piece) for piece in manifest.pieces), "\n".join(end)]) + "\n"


def _piece(piece: Piece) -> str:
    lines = [
        f"{piece.number}. {KINDS.get(piece.kind, piece.kind)}",
        f"   登记：{piece.attached_by}，{_beijing(piece.attached_at)}",
    ]
    if piece.file is not None:
        lines.append(f"   文件：{piece.file.name or '（已删除）'}，{piece.file.media_type}，{piece.file.size} 字节")
    elif piece.elsewhere is not None:
        lines.append(f"   文件（另行保存）：{piece.elsewhere}")
    else:
        lines.append("   文字内容" + ("" if piece.words is not None else "（已删除）"))
    lines.append(f"   校验值：{piece.digest}")
    lines += [f"   {_beijing(line.at)} {line.who} {DONE.get(line.what, line.what)}" for line in piece.custody]
    return "\n".join(lines)


def _beijing(moment: datetime) -> str:
    return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"
