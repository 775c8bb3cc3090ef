# The first script inside Windows. Windows Setup runs it from the answer disc at the first logon of Administrator:
# VMware Tools, OpenSSH Server, the administrators' keys; then it publishes what ingot needs to log in. Safe to run again.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-archive.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-openssh.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-sshd.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-state.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-tools.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-clock.ps1')

$Log = Join-Path -Path $IngotFolder -ChildPath 'bootstrap.log'
$ToolsLog = Join-Path -Path $IngotFolder -ChildPath 'vmware-tools.log'
# Holds the id of the build whose bootstrap is through: the Run key may start it again.
$Done = Join-Path -Path $IngotFolder -ChildPath 'bootstrap.done'
$Stages = 6
# Sources of OpenSSH Server that did not work, when none did.
$SkippedSources = @()

function Write-BootstrapLog {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][AllowEmptyString()][string]$Message)
    Add-Content -LiteralPath $Log -Value ('{0:yyyy-MM-ddTHH:mm:ssZ} {1}' -f [DateTime]::UtcNow, $Message) -Encoding UTF8
}

# Tells how far it is, in the log and over guestinfo; the latter reaches vCenter only once VMware Tools are there.
function Write-Stage {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][int]$Done,
        [Parameter(Mandatory = $true)][string]$Message
    )
    Write-BootstrapLog -Message $Message
    [void](Publish-IngotReport -Name 'bootstrap' -Value @{ state = 'running'; build = $script:Build; done = $Done; total = $Stages; message = $Message })
}

# The roots of all CDs with a disc in them. By content, never by letter: letters differ with every controller.
function Get-CdRoot {
    [CmdletBinding()]
    param()
    foreach ($drive in [System.IO.DriveInfo]::GetDrives()) {
        if ($drive.DriveType -eq [System.IO.DriveType]::CDRom -and $drive.IsReady) { $drive.RootDirectory.FullName }
    }
}

# setup64.exe or, on newer discs, setup.exe at the root of the VMware Tools disc. The Windows disc has a setup.exe too:
# it is told by its folder sources.
function Find-ToolsSetup {
    [CmdletBinding()]
    param()
    foreach ($root in @(Get-CdRoot)) {
        if (Test-Path -LiteralPath (Join-Path -Path $root -ChildPath 'sources\boot.wim')) { continue }
        foreach ($name in @('setup64.exe', 'setup.exe')) {
            $program = Join-Path -Path $root -ChildPath $name
            if (Test-Path -LiteralPath $program -PathType Leaf) { return $program }
        }
    }
    return ''
}

# The lines of the MSI log around the action that failed.
function Get-ToolsLogTail {
    [CmdletBinding()]
    param()
    $lines = @(Get-IngotLine -Path $ToolsLog)
    for ($index = 0; $index -lt $lines.Count; $index++) {
        if ($lines[$index] -match 'Return value 3') { return @($lines[[Math]::Max(0, $index - 4)..$index]) }
    }
    return @($lines | Select-Object -Last 5)
}

function Install-VmwareTools {
    [CmdletBinding()]
    param()
    if ($null -eq (Get-Service -Name 'VMTools' -ErrorAction SilentlyContinue)) {
        $setup = Find-ToolsSetup
        if ($setup -eq '') { Stop-Ingot -Code 'tools.no-disc' -Message 'Expected setup64.exe or setup.exe at the root of a CD (the VMware Tools ISO), found none.' }
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        while ($true) {
            # REBOOT=R: no restart by itself. The log's path has no spaces, so it needs no quotes inside the quotes.
            $end = Invoke-Native -FilePath $setup -CommandLine ('/S /v "/qn REBOOT=R /l*v {0}"' -f $ToolsLog) -NoOutput -AnyCode
            # 1618: another installation is at work, as often after the first logon.
            if ($end.exitCode -ne 1618 -or $clock.Elapsed.TotalMinutes -gt 15) { break }
            Write-BootstrapLog -Message 'Windows Installer is busy with another installation; trying again'
            Start-Sleep -Seconds 10
        }
        Write-BootstrapLog -Message ('{0} ended with {1}' -f $setup, $end.exitCode)
        # 3010 and 1641: done, a restart is due.
        if (@(0, 3010, 1641) -notcontains $end.exitCode) {
            foreach ($line in @(Get-ToolsLogTail)) { Write-BootstrapLog -Message $line }
            Stop-Ingot -Code 'tools.setup' -Message ('Expected {0} to end with exit code 0, 3010 or 1641, found {1}.' -f $setup, $end.exitCode)
        }
    }
    # The exit code says little: what counts is that the service runs. It comes later where the setup leaves the work to
    # Windows Installer and ends before it.
    # Not by the time of day: VMware Tools may set it as they start.
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    while ($null -eq (Get-Service -Name 'VMTools' -ErrorAction SilentlyContinue)) {
        if ($clock.Elapsed.TotalMinutes -gt 5) { Stop-Ingot -Code 'tools.missing' -Message 'Expected the service VMTools within 5 minutes of the end of the setup of VMware Tools, found none.' }
        Start-Sleep -Seconds 2
    }
    [void](Enable-IngotService -Name 'VMTools' -TimeoutSeconds 300)
}

# Sets the port before the first Match block: what is added at the end would fall into "Match Group administrators".
function Set-SshPort {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][int]$Port)
    if ((Get-IngotSshPort) -eq $Port) { return }
    $path = Join-Path -Path $IngotSshFolder -ChildPath 'sshd_config'
    $lines = New-Object -TypeName System.Collections.ArrayList
    [void]$lines.Add("Port $Port")
    $global = $true
    foreach ($line in @(Get-IngotLine -Path $path)) {
        if ($line -match '^\s*Match\s') { $global = $false }
        if (-not ($global -and $line -match '^\s*Port[\s=]')) { [void]$lines.Add($line) }
    }
    # Written in place, not moved: the file keeps its access list. Without a byte order mark, which sshd does not skip.
    [System.IO.File]::WriteAllLines($path, [string[]]$lines.ToArray(), (New-Object -TypeName System.Text.UTF8Encoding -ArgumentList $false))
    Restart-Service -Name 'sshd' -Force
}

function Wait-SshPort {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][int]$Port)
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    while (@(Get-NetTCPConnection -LocalPort $Port -State Listen -ErrorAction SilentlyContinue).Count -eq 0) {
        if ($clock.Elapsed.TotalSeconds -gt 60) { Stop-Ingot -Code 'openssh.port' -Message "Expected sshd to listen on port $Port within 60 s, found that it does not." }
        Start-Sleep -Milliseconds 500
    }
}

# What the first logon leaves behind: commands that would run again, the logon by itself and its password.
function Clear-FirstLogon {
    [CmdletBinding()]
    param()
    $run = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Run'
    $key = Get-Item -LiteralPath $run
    foreach ($name in @($key.GetValueNames() | Where-Object -FilterScript { $_ -like 'Unattend*' })) { Remove-ItemProperty -LiteralPath $run -Name $name }
    $winlogon = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon'
    # Windows logs on one time more often than LogonCount says.
    foreach ($name in @('AutoLogonCount', 'DefaultPassword')) { Remove-ItemProperty -LiteralPath $winlogon -Name $name -ErrorAction SilentlyContinue }
    Set-ItemProperty -LiteralPath $winlogon -Name 'AutoAdminLogon' -Value '0'
    # 2022 and later: Server Core opens its menu at each logon.
    $sconfig = Get-Command -Name 'Set-SConfig' -ErrorAction SilentlyContinue
    if ($null -eq $sconfig) { return }
    try { & $sconfig -AutoLaunch $false }
    catch { Write-BootstrapLog -Message ('The menu of Server Core stays: {0}' -f $_.Exception.Message) }
}

# The built-in account by its SID: its name is in the language of the media.
function Get-AdministratorName {
    [CmdletBinding()]
    param()
    return [string](@(Get-LocalUser | Where-Object -FilterScript { $_.SID.Value -match '^S-1-5-21-.*-500$' })[0].Name)
}

function Get-ReadyReport {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][System.Collections.IDictionary]$OpenSsh,
        [Parameter(Mandatory = $true)][int64]$CorrectedSeconds
    )
    $tools = Get-IngotService -Name 'VMTools'
    $windows = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
    $hostKeys = @(Get-IngotHostKey)
    if ($hostKeys.Count -eq 0) { Stop-Ingot -Code 'openssh.host-keys' -Message 'Expected host keys in C:\ProgramData\ssh after the start of sshd, found none.' }
    return @{
        state        = 'ready'
        build        = $script:Build
        username     = (Get-AdministratorName)
        openssh      = $OpenSsh
        clock        = @{ correctedSeconds = $CorrectedSeconds }
        hostKeys     = $hostKeys
        tools        = @{ version = (Get-VmwareToolsVersion); status = $tools.status; startType = $tools.startType }
        os           = @{
            build            = (Get-IngotOsBuild)
            edition          = [string](Get-RegistryValue -Path $windows -Name 'EditionID' -Default '')
            installationType = [string](Get-RegistryValue -Path $windows -Name 'InstallationType' -Default '')
        }
        computerName = [string]$env:COMPUTERNAME
        bootTime     = (Get-IngotBootTime)
    }
}

$Build = ''
# The commands of the first logon are started again by the Run key, and all at the same time: one at work is enough.
$mutex = New-Object -TypeName System.Threading.Mutex -ArgumentList $false, 'Global\ingot-bootstrap'
try { $alone = $mutex.WaitOne(0) }
catch [System.Threading.AbandonedMutexException] { $alone = $true }
if (-not $alone) { exit 0 }

try {
    Initialize-IngotFolder
    $parameter = ConvertFrom-Json -InputObject ([System.IO.File]::ReadAllText((Join-Path -Path $PSScriptRoot -ChildPath 'bootstrap.json')))
    $Build = Get-IngotText -InputObject $parameter -Name 'build'
    $keys = @(Get-IngotProperty -InputObject $parameter -Name 'authorizedKeys' -Default @() | ForEach-Object -Process { ([string]$_).Trim() })
    if ($keys.Count -eq 0) { Stop-Ingot -Code 'bootstrap.keys' -Message 'Expected at least one key in bootstrap.json, found none.' }
    $openssh = Get-IngotProperty -InputObject $parameter -Name 'openssh' -Default (New-Object -TypeName PSObject)
    $port = [int](Get-IngotProperty -InputObject $openssh -Name 'port' -Default 22)

    # Started again by the Run key: all is there, only the report may be gone.
    if ((Test-Path -LiteralPath $Done) -and [System.IO.File]::ReadAllText($Done) -eq $Build) {
        [void](Publish-IngotReport -Name 'bootstrap' -Value (Get-ReadyReport -OpenSsh @{ source = 'present'; skipped = @() } -CorrectedSeconds 0))
        return
    }
    $corrected = Repair-IngotClock -DiscTime ([string](Get-IngotProperty -InputObject $parameter -Name 'time' -Default ''))
    Write-Stage -Done 1 -Message 'Installing VMware Tools'
    Install-VmwareTools
    $corrected += Sync-IngotClock
    if ($corrected -ne 0) { Write-BootstrapLog -Message "The clock was off: added $corrected s" }
    Write-Stage -Done 2 -Message 'Installing OpenSSH Server'
    $found = Install-IngotOpenSsh -Parameter $openssh -DiscRoot $PSScriptRoot
    Write-Stage -Done 3 -Message 'Starting OpenSSH Server'
    # Started before anything is put into C:\ProgramData\ssh: sshd makes that folder with the access list it wants, and
    # its host keys with it.
    [void](Enable-IngotService -Name 'sshd')
    Set-SshPort -Port $port
    Write-Stage -Done 4 -Message 'Authorizing the keys of Administrator'
    [void](Set-IngotAuthorizedKey -Key $keys)
    Write-Stage -Done 5 -Message 'Opening the firewall for SSH'
    [void](Set-IngotSshFirewall -Port $port)
    Wait-SshPort -Port $port
    # Not before: should Windows restart on the way, the next logon by itself runs this script again.
    Clear-FirstLogon
    $report = Get-ReadyReport -OpenSsh $found -CorrectedSeconds $corrected
    if (-not (Publish-IngotReport -Name 'bootstrap' -Value $report)) {
        Stop-Ingot -Code 'bootstrap.guestinfo' -Message 'Expected vmtoolsd.exe to take guestinfo.ingot.bootstrap, found that it does not.'
    }
    [System.IO.File]::WriteAllText($Done, $Build)
    Write-BootstrapLog -Message 'Ready'
}
catch {
    $failure = ConvertFrom-IngotError -ErrorRecord $_
    Write-BootstrapLog -Message ('FAILED {0}:{1}: {2}' -f $failure.script, $failure.line, $failure.message)
    # A command line holds 32767 characters, and one of these may become six there.
    $told = @($SkippedSources | ForEach-Object -Process { Format-SkippedSource -Skipped $_ }) + @(Get-IngotLine -Path $Log | Select-Object -Last 16)
    $evidence = @($told | Select-Object -First 19 | ForEach-Object -Process { $_.Substring(0, [Math]::Min(220, $_.Length)) })
    $message = $failure.message.Substring(0, [Math]::Min(800, $failure.message.Length))
    $code = 'guest.script'
    if ($failure.ContainsKey('code')) { $code = $failure.code }
    $out = Publish-IngotReport -Name 'bootstrap' -Value @{ state = 'failed'; build = $Build; code = $code; message = $message; evidence = $evidence }
    if (-not $out) {
        # Without VMware Tools there is no way out but the console: it stays for the picture that is taken of it.
        [Console]::Out.WriteLine("ingot: $message")
        foreach ($line in @($told | Select-Object -Last 10)) { [Console]::Out.WriteLine($line) }
        $mutex.ReleaseMutex()
        $alone = $false
        [void][Console]::ReadKey($true)
    }
    exit 1
}
finally { if ($alone) { $mutex.ReleaseMutex() } }
exit 0
