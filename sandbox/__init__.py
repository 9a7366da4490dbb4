"""A local marketplace, wallet, messenger and courier that speak the real wire protocols; imports nothing of ours.

Run it with `python -m sandbox --port 7244 --data DIR`; everything it knows lives in DIR/sandbox.sqlite3.

Wire protocols, for stock clients
    GET|POST /router/rest       Taobao TOP: reviews, trades, refunds, exchanges, pushes, SMS by OAID (top_*.py)
    GET|POST /gateway.do        Alipay: uni.transfer and common.query, RSA2 both ways (alipay.py)
    POST /poll/query.do, /poll  kuaidi100: traces of parcels, asked for and pushed (kuaidi100.py)
    POST /std/service           claims for damage and loss, in SF's signed envelope (courier_desk.py)
    POST /                      Aliyun SMS, told apart by its x-acs-action header (aliyun_sms.py)

The buyer's side
    GET /                       the buyer's web page, for a phone
    /buyer/...                  the same as JSON: orders, reviews, refunds, people, bulk_reviews
    POST /phone/dial            call a number; the answer carries an AXB release_cause

The operator's side
    /control/...                clock, shops, parcels, courier claims, wallet, alipay keys, sms keys and
                                templates, limits, faults, reset, the platform's own service in a refund
    GET /healthz, GET /docs     readiness; every endpoint above except the wire protocols with its schema

Two clocks: signatures and timestamps of requests are judged by the wall clock, everything that a shop would call
a date (creation times, reply and amendment windows, refund deadlines) by the business clock of /control/clock.
"""
