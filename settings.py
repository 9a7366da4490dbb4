"""The only reader of the environment: one frozen object, made once by whoever composes a process and passed down."""

from datetime import timedelta
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting of every process. Each is read from `AMENDS_<NAME>`; README lists them all.

    The engine's address and credentials are read by the SDK's own configuration (`TEMPORAL_ADDRESS`,
    `TEMPORAL_NAMESPACE`, `TEMPORAL_PROFILE`, …), so that one profile serves worker, api and the engine's CLI.
    """

    model_config = SettingsConfigDict(env_prefix="AMENDS_", frozen=True, extra="ignore")

    # Database: the app's role may not alter tables nor the record; the owner's role migrates.
    database_url: SecretStr = SecretStr("postgresql+psycopg://amends_app@127.0.0.1:5432/amends")
    database_owner_url: SecretStr | None = None
    database_pool: int = Field(default=10, ge=1, le=200)

    # Keys: `id:base64` pairs of 32 bytes, comma-separated; the first encrypts, all of them decrypt.
    field_keys: SecretStr = SecretStr("")
    # 32 bytes, base64: keyed blind indexes of phones, wallet accounts and buyer ids. It can't be rotated in place.
    index_key: SecretStr = SecretStr("")
    # 32 bytes, base64: the Ed25519 key that signs the record's daily heads and its exports. Empty: nothing is signed.
    record_key: SecretStr = SecretStr("")
    # Where set, every payload in the engine's history is encrypted as well (same form as field_keys).
    payload_keys: SecretStr = SecretStr("")

    # Evidence vault: a folder of this machine or, where its url is set, an S3-compatible store. Neither: no files.
    vault_folder: str = ""
    vault_max_mb: int = Field(default=200, ge=1, le=10_000)
    vault_s3_url: str = ""
    vault_s3_bucket: str = ""
    vault_s3_region: str = "us-east-1"
    vault_s3_key_id: str = ""
    vault_s3_secret: SecretStr = SecretStr("")

    # API
    api_host: str = "127.0.0.1"
    api_port: int = Field(default=7241, ge=0, le=65535)
    engine_ui_url: str = ""
    # Where browsers reach the api: https, or http on this machine. Empty: the address above.
    public_url: str = ""

    # Logging in. A session ends when it is left alone for so long, and after so many hours in any case.
    session_idle_minutes: int = Field(default=60, ge=1, le=1440)
    session_hours: int = Field(default=12, ge=1, le=720)
    login_attempts_a_minute: int = Field(default=30, ge=1)
    # Whether dangerous changes of accounts take a second administrator.
    account_changes_by_two: bool = False
    # An identity provider (OpenID Connect). Its people are linked to ours by an administrator.
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_name: str = "Single sign-on"
    oidc_create_people: bool = False

    # Engine and worker
    task_queue: str = "cases"
    worker_cached_cases: int = Field(default=2_500, ge=10)
    worker_activities: int = Field(default=40, ge=2, le=500)
    worker_grace_seconds: int = Field(default=30, ge=0)
    worker_health_port: int = Field(default=0, ge=0, le=65535)
    marketplace_calls_per_second: float = Field(default=20.0, gt=0)

    # Outside parties
    top_url: str = "https://gw.api.taobao.com/router/rest"
    outside_timeout_seconds: float = Field(default=10.0, gt=0)
    intake_seconds: int = Field(default=60, ge=1)
    alipay_url: str = "https://openapi.alipay.com/gateway.do"
    alipay_app_id: str = ""
    alipay_private_key: SecretStr = SecretStr("")
    alipay_public_key: str = ""
    alipay_app_cert_sn: str = ""
    alipay_root_cert_sn: str = ""
    wechat_pay_url: str = "https://api.mch.weixin.qq.com"
    wechat_pay_merchant: str = ""
    wechat_pay_app_id: str = ""
    wechat_pay_cert_serial: str = ""
    wechat_pay_private_key: SecretStr = SecretStr("")
    wechat_pay_platform_serial: str = ""
    wechat_pay_platform_key: str = ""
    sms_url: str = "https://dysmsapi.aliyuncs.com"
    sms_access_key_id: str = ""
    sms_access_key_secret: SecretStr = SecretStr("")
    sms_sign_name: str = ""
    sms_template_payment: str = "SMS_AMENDS_PAYMENT"
    sms_template_refund: str = "SMS_AMENDS_REFUND"
    sms_template_follow_up: str = "SMS_AMENDS_FOLLOW_UP"
    sms_template_delay: str = "SMS_AMENDS_DELAY"
    sms_template_keep_packaging: str = "SMS_AMENDS_KEEP_PACKAGING"
    kuaidi100_url: str = "https://poll.kuaidi100.com"
    kuaidi100_customer: str = ""
    kuaidi100_key: SecretStr = SecretStr("")
    # Ours: it signs the pushes that a subscription brings. Without it and the callback's address parcels are asked for.
    kuaidi100_salt: SecretStr = SecretStr("")
    kuaidi100_callback_url: str = ""
    courier_claims_url: str = ""
    courier_claims_partner: str = ""
    courier_claims_checkword: SecretStr = SecretStr("")
    courier_calls_per_second: float = Field(default=10.0, gt=0)

    # Channels of the staff. Tokens and secrets of robots are entered at run time and sealed in the database.
    dingtalk_url: str = "https://oapi.dingtalk.com"
    wecom_url: str = "https://qyapi.weixin.qq.com"
    feishu_url: str = "https://open.feishu.cn"
    smtp_host: str = ""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "plain"] = "starttls"
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_sender: str = ""
    smtp_ca_file: str = ""
    # Whether webhooks may lead into networks that are not the open internet.
    webhook_private: bool = False
    sending_seconds: int = Field(default=15, ge=1, le=3600)

    log_level: str = "INFO"

    @property
    def session_idle(self) -> timedelta:
        return timedelta(minutes=self.session_idle_minutes)

    @property
    def session_lasts(self) -> timedelta:
        return timedelta(hours=self.session_hours)

    @property
    def grace(self) -> timedelta:
        return timedelta(seconds=self.worker_grace_seconds)
