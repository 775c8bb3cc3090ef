# smoke.ps1: what a clone is like once Setup is through with it.
[CmdletBinding()]
param()

Pester\Describe 'smoke.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')
        # Those that ask the network and the disk, to be mocked.
        . ([scriptblock]::Create((Get-ScriptFunctionText -Name 'smoke.ps1')))
        $asked = @{ run = 'run-1'; seconds = 60; rules = @('ContainerLogsPort') }
    }

    Pester\BeforeEach {
        Initialize-Guest
        $Fake = @{ states = @('IMAGE_STATE_COMPLETE'); looks = 0; reports = @(); tasks = @() }
        foreach ($name in @('sshd', 'VMTools')) { Set-GuestService -Name $name }
        $Guest.registry['HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'] = @{ CurrentBuild = '20348'; UBR = 681 }
        [void](Set-GuestFile -Path 'ProgramData\ssh\ssh_host_ed25519_key.pub' -Text 'ssh-ed25519 HOST x')
        Pester\Mock -CommandName Get-ImageState -MockWith {
            $value = $Fake.states[[Math]::Min($Fake.looks, $Fake.states.Count - 1)]
            $Fake.looks++
            return $value
        }
        Pester\Mock -CommandName Get-SshBanner -MockWith { return 'SSH-2.0-OpenSSH_for_Windows_8.1' }
        Pester\Mock -CommandName Get-DiskState -MockWith { return @{ size = 1; unallocated = 0 } }
        Pester\Mock -CommandName Get-VmwareToolsVersion -MockWith { return '12.3.5' }
        Pester\Mock -CommandName Publish-IngotReport -MockWith { $Fake.reports += @($Value.Clone()); return $true }
        Pester\Mock -CommandName Get-CimInstance -MockWith { [pscustomobject]@{ Domain = 'WORKGROUP'; PartOfDomain = $false } }
        Pester\Mock -CommandName Get-TimeZone -MockWith { [pscustomobject]@{ Id = 'UTC' } }
        Pester\Mock -CommandName Get-ScheduledTask -MockWith { foreach ($one in $Fake.tasks) { [pscustomobject]@{ TaskName = $one } } }
        Pester\Mock -CommandName Get-NetFirewallRule -MockWith { [pscustomobject]@{ Enabled = 'True'; Direction = 'Inbound'; Action = 'Allow' } }
        Pester\Mock -CommandName Get-NetFirewallPortFilter -MockWith { [pscustomobject]@{ LocalPort = '10250'; Protocol = 'TCP' } }
        Pester\Mock -CommandName Get-Acl -MockWith { [pscustomobject]@{ Sddl = 'O:BA' } }
    }

    Pester\It 'tells all of it, over guestinfo as well' {
        $facts = Get-ScriptResult -Name 'smoke.ps1' -Parameter $asked
        $facts.run | Pester\Should -Be 'run-1'
        $facts.computerName | Pester\Should -Be 'INGOT-TEST'
        $facts.imageState | Pester\Should -Be 'IMAGE_STATE_COMPLETE'
        $facts.hostKeys | Pester\Should -Be @('ssh-ed25519 HOST')
        $facts.sshd.banner | Pester\Should -BeLike 'SSH-2.0-*'
        @($facts.rules)[0].port | Pester\Should -Be '10250'
        @($facts.leftovers).Count | Pester\Should -Be 0
        $facts.published | Pester\Should -BeTrue
        $Fake.reports[0].run | Pester\Should -Be 'run-1'
    }

    Pester\It 'waits for the end of OOBE' {
        $Fake.states = @('IMAGE_STATE_UNDEPLOYABLE', 'IMAGE_STATE_UNDEPLOYABLE', 'IMAGE_STATE_COMPLETE')
        $run = Invoke-Script -Name 'smoke.ps1' -Parameter $asked
        $run.result.imageState | Pester\Should -Be 'IMAGE_STATE_COMPLETE'
        @($run.progress).Count | Pester\Should -Be 1
    }

    Pester\It 'tells what is there when the time is over' {
        $Fake.states = @('IMAGE_STATE_UNDEPLOYABLE')
        $asked.seconds = 0
        (Get-ScriptResult -Name 'smoke.ps1' -Parameter $asked).imageState | Pester\Should -Be 'IMAGE_STATE_UNDEPLOYABLE'
        $asked.seconds = 60
    }

    Pester\It 'names tasks and files of the build that came with the image' {
        $Fake.tasks = @('ingot-sysprep')
        [void](Set-GuestFile -Path 'ProgramData\ingot\old.json' -Text 'x')
        $tag = Set-GuestFile -Path 'Windows\System32\Sysprep\Sysprep_succeeded.tag'
        [System.IO.File]::SetCreationTimeUtc($tag, [DateTime]::UtcNow.AddHours(1))
        $left = @((Get-ScriptResult -Name 'smoke.ps1' -Parameter $asked).leftovers)
        $left | Pester\Should -Contain 'scheduled task ingot-sysprep'
        @($left | Where-Object -FilterScript { $_ -like '*old.json' }).Count | Pester\Should -Be 1
    }

    Pester\It 'takes what is younger than the seal for no leftover' {
        $tag = Set-GuestFile -Path 'Windows\System32\Sysprep\Sysprep_succeeded.tag'
        [System.IO.File]::SetCreationTimeUtc($tag, [DateTime]::UtcNow.AddHours(-1))
        [void](Set-GuestFile -Path 'ProgramData\ingot\scripts\smoke.ps1' -Text 'x')
        @((Get-ScriptResult -Name 'smoke.ps1' -Parameter $asked).leftovers).Count | Pester\Should -Be 0
    }

    Pester\It 'finds a password that <Reason>: <Expected>' -ForEach @(
        @{ Reason = 'was left in an answer file'; Value = 'UwAzAGMAcgBlAHQA'; Expected = 1 }
        @{ Reason = 'Windows has blotted out'; Value = '*SENSITIVE*DATA*DELETED*'; Expected = 0 }
        @{ Reason = 'is empty'; Value = ''; Expected = 0 }
    ) {
        [void](Set-GuestFile -Path 'Windows\Panther\unattend.xml' -Text "<x><AdministratorPassword><Value>$Value</Value><PlainText>false</PlainText></AdministratorPassword></x>")
        @((Get-ScriptResult -Name 'smoke.ps1' -Parameter $asked).passwordFiles).Count | Pester\Should -Be $Expected
    }

    Pester\It 'tells what DNS says of the names that are asked for' {
        Pester\Mock -CommandName Resolve-DnsName -ParameterFilter { $Type -eq 'A_AAAA' -and $DnsOnly } -MockWith {
            if ($Name -eq 'no.example.com') {
                Write-Error -Message 'DNS name does not exist' -ErrorId 'DNS_ERROR_RCODE_NAME_ERROR,Microsoft.DnsClient.Commands.ResolveDnsName' -ErrorAction Stop
            }
            [pscustomobject]@{ Section = 'Answer'; QueryType = 'CNAME'; NameHost = 'api.example.com' }
            [pscustomobject]@{ Section = 'Answer'; QueryType = 'AAAA'; IPAddress = '2001:db8::6' }
            [pscustomobject]@{ Section = 'Answer'; QueryType = 'A'; IPAddress = '192.0.2.6' }
            [pscustomobject]@{ Section = 'Additional'; QueryType = 'A'; IPAddress = '192.0.2.53' }
        }
        $names = @{ run = 'run-1'; seconds = 60; dnsNames = @('api-int.example.com', 'no.example.com') }
        $found = @((Get-ScriptResult -Name 'smoke.ps1' -Parameter $names).dns)
        $found.Count | Pester\Should -Be 2
        $found[0].name | Pester\Should -Be 'api-int.example.com'
        @($found[0].addresses) | Pester\Should -Be @('192.0.2.6', '2001:db8::6')
        @($found[0].chain) | Pester\Should -Be @('api.example.com')
        $found[0].error | Pester\Should -Be ''
        @($found[1].addresses).Count | Pester\Should -Be 0
        $found[1].error | Pester\Should -Be 'DNS_ERROR_RCODE_NAME_ERROR'
    }

    Pester\It 'asks DNS for nothing when there is nothing to ask for' {
        Pester\Mock -CommandName Resolve-DnsName -MockWith { throw 'not asked for' }
        @((Get-ScriptResult -Name 'smoke.ps1' -Parameter $asked).dns).Count | Pester\Should -Be 0
    }

    Pester\It 'asks DNS again when nobody answered' {
        $Fake.tries = 0
        Pester\Mock -CommandName Resolve-DnsName -MockWith {
            $Fake.tries++
            if ($Fake.tries -lt 3) {
                Write-Error -Message 'timed out' -ErrorId 'ERROR_TIMEOUT,Microsoft.DnsClient.Commands.ResolveDnsName' -ErrorAction Stop
            }
            [pscustomobject]@{ Section = 'Answer'; QueryType = 'A'; IPAddress = '192.0.2.6' }
        }
        $names = @{ run = 'run-1'; seconds = 60; dnsNames = @('api.example.com') }
        $found = @((Get-ScriptResult -Name 'smoke.ps1' -Parameter $names).dns)
        $Fake.tries | Pester\Should -Be 3
        $found[0].error | Pester\Should -Be ''
    }

    Pester\It 'refuses another runtime' {
        Get-ScriptErrorCode -Name 'smoke.ps1' -Parameter @{ run = 'run-1'; runtime = 'podman' } | Pester\Should -Be 'guest.parameters'
    }
}
